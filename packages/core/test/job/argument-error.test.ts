import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RevoArgumentError } from "../../src/errors.ts";
import { argumentError, describeValue } from "../../src/job/argument-error.ts";

describe("an argument error", () => {
  it("is a TypeError that says name, rule and value", () => {
    const error = argumentError(
      "REVO_ARGUMENT_INVALID",
      "[17].priority",
      "to be an integer",
      "high",
    );

    expect(error).toBeInstanceOf(TypeError);
    expect(error).toBeInstanceOf(RevoArgumentError);
    expect(error).toMatchObject({
      code: "REVO_ARGUMENT_INVALID",
      path: "[17].priority",
      message: 'Expected `[17].priority` to be an integer, got "high"',
    });
  });
});

describe("a value in a message", () => {
  it.each([
    ["a", '"a"'],
    [12, "12"],
    [-0, "0"],
    [5n, "5n"],
    [true, "true"],
    [null, "null"],
    [undefined, "undefined"],
    [Symbol("a"), "Symbol(a)"],
    [() => 1, "a function"],
    [[1, 2], "an array of length 2"],
    [new Date(Number.NaN), "an invalid Date"],
    [new Date(0), "1970-01-01T00:00:00.000Z"],
    [{ password: "secret" }, "an object"],
    [Object.create(null), "an object"],
    [new Map(), "an instance of Map"],
  ])("of %o is shown as %s", (value, shown) => {
    expect(describeValue(value)).toBe(shown);
  });

  it("is one printable line of at most 80 characters, whatever it is", () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.string({ unit: "binary" })), (value) => {
        expect(describeValue(value)).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]{1,80}$/u);
      }),
      { numRuns: 500 },
    );
  });

  it("may be one that cannot be read", () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();

    expect(describeValue(proxy)).toBe("an object that cannot be read");
  });
});
