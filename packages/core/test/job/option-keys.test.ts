import { describe, expect, it } from "vitest";
import { assertKnownKeys, nearestName, ownOptions } from "../../src/job/option-keys.ts";
import { refusalOf, thrownBy } from "./thrown-by.ts";

const known = ["delay", "priority", "maxAttempts", "maxCrashes", "queue"];

describe("known keys", () => {
  it("pass", () => {
    expect(() => assertKnownKeys({ delay: 1, queue: "a" }, known, "")).not.toThrow();
  });

  it("are told when nothing is near", () => {
    expect(() => assertKnownKeys({ colour: 1 }, known, "options")).toThrow(
      "Unknown option `options.colour`: known are delay, priority, maxAttempts, maxCrashes, queue",
    );
  });

  it("are expected on an object", () => {
    const withoutProperties = [new Date(), new Map(), new Set(), Promise.resolve()];
    for (const value of [null, undefined, 5, "delay", [], ...withoutProperties]) {
      expect(refusalOf(() => assertKnownKeys(value as object, known, "job"))).toBe(
        "REVO_ARGUMENT_INVALID job",
      );
    }
  });

  it("are not those of Object's prototype", () => {
    expect(refusalOf(() => assertKnownKeys({ constructor: 1 }, known, ""))).toBe(
      "REVO_OPTION_UNKNOWN constructor",
    );
    expect(refusalOf(() => assertKnownKeys(JSON.parse('{"__proto__":1}'), known, ""))).toBe(
      "REVO_OPTION_UNKNOWN __proto__",
    );
  });

  it("do not fill a message with a key of a megabyte", () => {
    const options = { ["k".repeat(1e6)]: 1 };

    expect(() => assertKnownKeys(options, known, "")).toThrow(/^Unknown option `k{80}`/);
  });
});

describe("options that cannot be read", () => {
  it("are refused, with what was thrown as the cause", () => {
    const thrown = new Error("no");
    const refuse = (): never => {
      throw thrown;
    };
    const trapped = new Proxy({}, { ownKeys: refuse });
    const withGetter = Object.defineProperty({}, "delay", { enumerable: true, get: refuse });

    const errors = [
      thrownBy(() => assertKnownKeys(trapped, known, "server")),
      thrownBy(() => ownOptions(withGetter)),
    ];

    expect(errors).toMatchObject([
      { code: "REVO_ARGUMENT_INVALID", path: "server", cause: thrown },
      { code: "REVO_ARGUMENT_INVALID", path: "options", cause: thrown },
    ]);
  });
});

describe("the nearest name", () => {
  it.each([
    ["dealy", "delay"],
    ["Delay", "delay"],
    ["prioriti", "priority"],
    ["maxAtempts", "maxAttempts"],
    ["maxcrash", "maxCrashes"],
    ["qeue", "queue"],
  ])("of %s is %s", (name, nearest) => {
    expect(nearestName(name, known)).toBe(nearest);
  });

  it("of a part of one name is that name, of a part of several none", () => {
    expect(nearestName("attempts", known)).toBe("maxAttempts");
    expect(nearestName("max", known)).toBeUndefined();
    expect(nearestName("que", ["uniqueKey", "priority"])).toBe("uniqueKey");
    expect(nearestName("ue", ["queues", "priority", "atLeast"])).toBeUndefined();
  });

  it("of something else is none", () => {
    expect(nearestName("timezone", known)).toBeUndefined();
    expect(nearestName("x", known)).toBeUndefined();
  });
});

describe("own options", () => {
  it("have no prototype to read from", () => {
    const options = Object.assign(
      Object.create({ delay: 5 }) as { delay?: number; queue?: string },
      {
        queue: "a",
      },
    );

    expect(ownOptions(options).delay).toBeUndefined();
    expect(ownOptions(options).queue).toBe("a");
  });
});
