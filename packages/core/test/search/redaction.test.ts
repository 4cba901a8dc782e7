import { describe, expect, it } from "vitest";
import { createRedactor } from "../../src/search/redaction.ts";

describe("a redactor", () => {
  it("hides the value at a path, whatever it is, and nothing else", () => {
    const redactor = createRedactor(["payload.user.password"]);

    const shown = redactor.payload({ user: { name: "ada", password: { hash: "x" } }, password: 1 });

    expect(shown).toEqual({ user: { name: "ada", password: "[redacted]" }, password: 1 });
  });

  it("takes * for any key or index", () => {
    const redactor = createRedactor(["payload.cards.*.number"]);

    expect(redactor.payload({ cards: [{ number: 1, of: "a" }, { number: 2 }] })).toEqual({
      cards: [{ number: "[redacted]", of: "a" }, { number: "[redacted]" }],
    });
    expect(redactor.payload({ cards: { main: { number: 1 } } })).toEqual({
      cards: { main: { number: "[redacted]" } },
    });
  });

  it("looks into Maps and Sets", () => {
    const redactor = createRedactor(["payload.secrets.*", "payload.tokens.*.value"]);

    const shown = redactor.payload({
      secrets: new Map([["a", 1]]),
      tokens: new Set([{ value: 1 }]),
    });

    expect(shown).toEqual({
      secrets: new Map([["a", "[redacted]"]]),
      tokens: new Set([{ value: "[redacted]" }]),
    });
  });

  it("leaves the original as it is, and gives it back where nothing is hidden", () => {
    const redactor = createRedactor(["payload.password", "headers.authorization", "result.key"]);
    const secret = { password: "x" };
    const open = { name: "ada", at: new Date(0) };

    expect(redactor.payload(secret)).toEqual({ password: "[redacted]" });
    expect(secret).toEqual({ password: "x" });
    expect(redactor.payload(open)).toBe(open);
    expect(redactor.headers({ authorization: "Bearer x", trace: "t" })).toEqual({
      authorization: "[redacted]",
      trace: "t",
    });
    expect(redactor.result({ key: 1 })).toEqual({ key: "[redacted]" });
  });

  it.each(["password", "payload", "", "body.password", 42])("refuses the path %j", (path) => {
    const create = (): unknown => createRedactor([path as string]);

    expect(create).toThrow(
      expect.objectContaining({ code: "REVO_ARGUMENT_INVALID", path: "redact[0]" }),
    );
  });
});
