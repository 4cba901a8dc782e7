import { describe, expect, it } from "vitest";
import { NonRetryableError } from "../../src/errors.ts";
import { describeError, readError, restoreError } from "../../src/job/job-error.ts";

function described(error: unknown): ReturnType<typeof readError> {
  return readError(describeError(error).text);
}

describe("the record of an error", () => {
  it("has name, message, code and the frames of its stack", () => {
    const error = Object.assign(new TypeError("no connection"), { code: "ECONNREFUSED" });

    const description = described(error);

    expect(description).toMatchObject({
      name: "TypeError",
      message: "no connection",
      code: "ECONNREFUSED",
      causes: [],
    });
    expect(description.stack).toMatch(/^ {4}at .*job-error\.test\.ts/);
  });

  it("has the chain of causes, nearest first", () => {
    const error = new Error("outer", {
      cause: new RangeError("middle", { cause: new SyntaxError("inner") }),
    });

    expect(described(error).causes.map(({ name, message }) => `${name}: ${message}`)).toEqual([
      "RangeError: middle",
      "SyntaxError: inner",
    ]);
  });

  it("has the errors of an AggregateError", () => {
    const error = new AggregateError([new Error("one"), new Error("two")], "all failed");

    expect(described(error).causes.map(({ message }) => message)).toEqual(["one", "two"]);
  });

  it("has at most five causes and none of them twice", () => {
    const outer = new Error("0");
    let last = outer;
    for (let i = 1; i < 20; i++) {
      last.cause = new Error(String(i));
      last = last.cause as Error;
    }
    const cyclic = new Error("a");
    cyclic.cause = cyclic;

    expect(described(outer).causes).toHaveLength(5);
    expect(described(cyclic).causes).toHaveLength(0);
  });

  it("shows the frames even when the message is megabytes", () => {
    expect(described(new Error("x".repeat(5_000_000))).stack).toMatch(/^ {4}at /);
  });

  it("leaves out properties of the error that may be secrets", () => {
    const error = Object.assign(new Error("401"), {
      config: { headers: { authorization: "Bearer secret" } },
    });

    expect(describeError(error).text).not.toContain("secret");
    expect(describeError({ password: "secret" }).text).not.toContain("secret");
    expect(described({ status: 401, body: "secret" }).message).toBe(
      "Thrown: an object without a message, with status, body",
    );
  });

  it("says what was thrown when it was no error", () => {
    expect(described("boom")).toMatchObject({ name: "NonError", message: "Thrown: boom" });
    expect(described(undefined).message).toBe("Thrown: undefined");
  });

  it("is read from any text", () => {
    for (const text of ["", "no JSON", "{}", "null", '{"name":1}', "[1]"]) {
      expect(readError(text)).toEqual({ name: "Error", message: text, causes: [] });
    }
  });
});

describe("an error that is restored", () => {
  it("is an Error of its built-in class with message, stack, code and cause", () => {
    const original = Object.assign(new TypeError("outer", { cause: new RangeError("inner") }), {
      code: "E_OUTER",
    });

    const restored = restoreError(describeError(original).text);

    expect(restored).toBeInstanceOf(TypeError);
    expect(restored).toMatchObject({ message: "outer", code: "E_OUTER" });
    expect(restored.stack).toMatch(/^TypeError: outer\n {4}at .*job-error\.test\.ts/);
    expect(restored.cause).toBeInstanceOf(RangeError);
    expect(restored.cause).toMatchObject({ message: "inner" });
  });

  it("keeps name and code of classes that are not built in", () => {
    const restored = restoreError(describeError(new NonRetryableError("no such user")).text);

    expect(restored).toBeInstanceOf(Error);
    expect(restored).toMatchObject({
      name: "NonRetryableError",
      message: "no such user",
      code: "REVO_NON_RETRYABLE",
    });
  });
});

describe("the fingerprint of an error", () => {
  it("is the same for failures that differ in numbers and ids only", () => {
    const first = describeError(fail("order 42 of 0190f5fe-7c00-7a00-8000-000000000000 is gone"));
    const second = describeError(fail("order 7 of 0190f5fe-7c00-7a00-8000-0000000000ff is gone"));

    expect(first.fingerprint).toBe(second.fingerprint);
  });

  it("differs by message, by name and by place", () => {
    const fingerprints = [
      fail("a"),
      fail("b"),
      Object.assign(fail("a"), { name: "OtherError" }),
      ((): Error => new Error("a"))(),
    ].map((error) => describeError(error).fingerprint);

    expect(new Set(fingerprints).size).toBe(4);
  });

  it("does not change with folder and line, which a deployment moves", () => {
    expect(describeError(withFrames("charge (/srv/releases/1/app.js:10:5)")).fingerprint).toBe(
      describeError(withFrames("charge (file:///srv/releases/2/app.js:12:9)")).fingerprint,
    );
    expect(describeError(withFrames("charge (/srv/releases/1/app.js:10:5)")).fingerprint).not.toBe(
      describeError(withFrames("charge (/srv/releases/1/other.js:10:5)")).fingerprint,
    );
  });

  it("passes over frames of packages and of Node", () => {
    expect(
      describeError(
        withFrames("request (/app/node_modules/got/index.js:1:1)", "charge (/app/charge.js:1:1)"),
      ).fingerprint,
    ).toBe(
      describeError(withFrames("connect (node:net:1:1)", "charge (/app/charge.js:9:1)"))
        .fingerprint,
    );
  });
});

function fail(message: string): Error {
  return new Error(message);
}

function withFrames(...frames: readonly string[]): Error {
  const stack = ["Error: a", ...frames.map((frame) => `    at ${frame}`)].join("\n");
  return Object.assign(new Error("a"), { stack });
}
