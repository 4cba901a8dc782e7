import { describe, expect, it } from "vitest";
import type { Duration } from "../../src/job/duration.ts";
import { describeError, readError } from "../../src/job/job-error.ts";
import { type EnqueueOptions, resolveEnqueueOptions } from "../../src/job/enqueue-options.ts";
import { defaultTypeOptions, resolveTypeOptions } from "../../src/job/job-options.ts";
import { assertJobType } from "../../src/job/names.ts";
import { decideOutcome } from "../../src/job/outcome.ts";
import { resolveRetryPolicy } from "../../src/job/retry-policy.ts";
import { refusalOf, thrownBy } from "./thrown-by.ts";

const nowMs = Date.parse("2026-06-01T00:00:00Z");
const dayMs = 24 * 60 * 60 * 1000;

/** What becomes of one enqueue with these options, as a caller in JavaScript could give them. */
function refusal(options: Readonly<Record<string, unknown>>, path = ""): string {
  return refusalOf(() => resolveEnqueueOptions(options, defaultTypeOptions, nowMs, path));
}

function typeRefusal(options: Readonly<Record<string, unknown>>): string {
  return refusalOf(() => resolveTypeOptions(options, ""));
}

describe("row 2: the name of a job type", () => {
  it.each(["", " a ", "a:b", "x".repeat(129), 42, {}, Symbol("a"), null, undefined])(
    "is refused as %o",
    (value) => {
      expect(refusalOf(() => assertJobType(value, "type"))).toBe("REVO_NAME_INVALID type");
    },
  );

  it("is accepted with capitals, dots, dashes and underscores", () => {
    expect(() => assertJobType("Billing.Send_Invoice-2", "type")).not.toThrow();
  });
});

describe("row 7: an option nobody knows", () => {
  it("is refused with the nearest name", () => {
    const error = thrownBy(() =>
      resolveEnqueueOptions({ dealy: 5 } as EnqueueOptions, defaultTypeOptions, nowMs, ""),
    );

    expect(error).toMatchObject({ code: "REVO_OPTION_UNKNOWN", path: "dealy" });
    expect(error.message).toBe("Unknown option `dealy`: did you mean `delay`?");
  });

  it("is refused on a job type, in retention, in a retry policy and in a unique key", () => {
    expect(typeRefusal({ maxAtempts: 5 })).toBe("REVO_OPTION_UNKNOWN maxAtempts");
    expect(refusal({ retention: { success: 1 } })).toBe("REVO_OPTION_UNKNOWN retention.success");
    expect(refusal({ retry: { kind: "fixed", delay: 1, factor: 2 } })).toBe(
      "REVO_OPTION_UNKNOWN retry.factor",
    );
    expect(refusal({ uniqueKey: { key: "a", for: 1 } })).toBe("REVO_OPTION_UNKNOWN uniqueKey.for");
  });

  it("is an option of the other kind, too: `delay` of a type, `exclusive` of a job", () => {
    expect(typeRefusal({ delay: 5 })).toBe("REVO_OPTION_UNKNOWN delay");
    expect(refusal({ exclusive: true })).toBe("REVO_OPTION_UNKNOWN exclusive");
  });
});

describe("row 8: options from a polluted prototype", () => {
  it("are ignored", () => {
    const polluted = Object.create({ delay: 5, priority: 0, dealy: 1 }) as EnqueueOptions;

    const resolved = resolveEnqueueOptions(polluted, defaultTypeOptions, nowMs, "");

    expect(resolved).toMatchObject({ start: { kind: "now" }, priority: 5 });
  });

  it("are ignored inside options, too", () => {
    const retention = Object.create({ failed: 5 }) as object;
    const uniqueKey = Object.assign(Object.create({ onConflict: "reject" }) as object, {
      key: "a",
    });

    const resolved = resolveEnqueueOptions({ retention, uniqueKey }, defaultTypeOptions, nowMs, "");

    expect(resolved.retention?.failedMs).toBe(14 * dayMs);
    expect(resolved.reject).toBe(false);
  });
});

describe("row 9: a negative delay", () => {
  it("is refused", () => {
    expect(refusal({ delay: -1 })).toBe("REVO_DURATION_INVALID delay");
    expect(refusal({ delay: "-1 s" })).toBe("REVO_DURATION_INVALID delay");
  });
});

describe("row 10: a delay that is no duration", () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY, "5", 5n, 2.5, "", "1 fortnight", null, {}, true])(
    "is refused as %o",
    (delay) => {
      expect(refusal({ delay })).toBe("REVO_DURATION_INVALID delay");
    },
  );
});

describe("row 11: a delay of more than 100 years", () => {
  it.each([2 ** 53, 101 * 366 * dayMs, "36526 days", 1e300])("is out of range as %o", (delay) => {
    expect(refusal({ delay })).toBe("REVO_TIME_OUT_OF_RANGE delay");
  });

  it("is accepted up to 100 years", () => {
    const { start } = resolveEnqueueOptions({ delay: "36525 d" }, defaultTypeOptions, nowMs, "");

    expect(start).toEqual({ kind: "delay", delayMs: 36_525 * dayMs });
  });
});

describe("row 12: an invalid Date as runAt", () => {
  it("is refused", () => {
    expect(refusal({ runAt: new Date("x") })).toBe("REVO_TIME_INVALID runAt");
  });
});

describe("row 13: a text that is no time as runAt", () => {
  it.each([
    "2026-02-30T00:00Z",
    "2026-02-29T00:00:00Z",
    "2026-13-01T00:00Z",
    "2026-01-01T24:00Z",
    "2026-01-01T00:00:00+25:00",
    "tomorrow",
    "",
    "2027-01-01",
    "2027-01-01T08:00:00",
    5,
    { epochMilliseconds: Number.NaN },
    { epochMilliseconds: "5" },
    null,
  ])("is refused as %o", (runAt) => {
    expect(refusal({ runAt })).toBe("REVO_TIME_INVALID runAt");
  });
});

describe("row 14: runAt beyond 100 years or before the year 0", () => {
  it.each([
    "2200-01-01T00:00:00Z",
    "+275760-01-01T00:00:00Z",
    "+275761-01-01T00:00:00Z",
    "-000001-01-01T00:00:00Z",
    new Date(nowMs + 36_525 * dayMs + 1),
    new Date(-8.64e15),
    { epochMilliseconds: Number.MAX_SAFE_INTEGER },
  ])("is out of range as %o", (runAt) => {
    expect(refusal({ runAt })).toBe("REVO_TIME_OUT_OF_RANGE runAt");
  });
});

describe("row 15: runAt in the past", () => {
  it("is accepted", () => {
    const { start } = resolveEnqueueOptions(
      { runAt: "1971-05-05T05:05:05Z" },
      defaultTypeOptions,
      nowMs,
      "",
    );

    expect(start).toEqual({ kind: "at", runAt: new Date("1971-05-05T05:05:05Z") });
  });
});

describe("row 16: delay and runAt together", () => {
  it("are refused", () => {
    expect(refusal({ delay: 0, runAt: new Date(nowMs) })).toBe("REVO_ARGUMENT_INVALID runAt");
  });
});

describe("row 17: a wrong priority", () => {
  it.each([10, -1, 1.5, "high", Number.NaN, 5n, null])("is refused as %o", (priority) => {
    expect(refusal({ priority })).toBe("REVO_ARGUMENT_INVALID priority");
  });

  it("is named with its rule and its value", () => {
    expect(() => resolveEnqueueOptions({ priority: 12 }, defaultTypeOptions, nowMs, "")).toThrow(
      "Expected `priority` to be an integer from 0 to 9, got 12",
    );
  });
});

describe("row 18: wrong numbers of attempts and crashes", () => {
  it.each([0, -1, 1e9, 1001, Number.NaN, "3"])("refuses maxAttempts %o", (maxAttempts) => {
    expect(refusal({ maxAttempts })).toBe("REVO_ARGUMENT_INVALID maxAttempts");
    expect(typeRefusal({ maxAttempts })).toBe("REVO_ARGUMENT_INVALID maxAttempts");
  });

  it.each([-1, 101, 0.5])("refuses maxCrashes %o", (maxCrashes) => {
    expect(refusal({ maxCrashes })).toBe("REVO_ARGUMENT_INVALID maxCrashes");
  });
});

describe("row 19: a retry function that answers rubbish", () => {
  const rubbish: readonly (readonly [string, () => unknown])[] = [
    ["NaN", () => Number.NaN],
    ["a negative number", () => -5],
    ["a text", () => "soon"],
    ["nothing", () => undefined],
    ["a promise that never ends", () => new Promise(() => undefined)],
    ["a promise that is rejected", () => Promise.reject(new Error("no"))],
    [
      "an error",
      () => {
        throw new Error("no");
      },
    ],
    [
      "a thrown undefined",
      () => {
        // oxlint-disable-next-line typescript/only-throw-error -- What a user's function may do.
        throw undefined;
      },
    ],
  ];

  it.each(rubbish)("is replaced by the default policy, and told: %s", (_, answer) => {
    const job = {
      attempt: 3,
      maxAttempts: 10,
      retry: resolveRetryPolicy(answer as () => Duration, "retry"),
      retention: defaultTypeOptions.retention,
    };

    const decision = decideOutcome(
      job,
      { kind: "threw", error: new Error("boom"), by: "handler" },
      1,
    );

    expect(decision.outcome).toMatchObject({ kind: "retry", delayMs: 8000 });
    expect(decision.invalidBackoff).toBeInstanceOf(Error);
  });
});

describe("row 20: a timeout that no timer can keep", () => {
  it.each([0, -1, 2 ** 31, "25 days", 2 ** 60])("is refused as %o", (timeout) => {
    expect(refusal({ timeout })).toBe("REVO_DURATION_INVALID timeout");
    expect(typeRefusal({ timeout })).toBe("REVO_DURATION_INVALID timeout");
  });

  it("is accepted up to 2^31 - 1 ms", () => {
    expect(resolveTypeOptions({ timeout: 2 ** 31 - 1 }, "").timeoutMs).toBe(2 ** 31 - 1);
  });
});

describe("row 21: a wrong unique key", () => {
  it.each(["", "x".repeat(10_240), "é".repeat(257), "\ud800", "a\u0000b", 5, null, []])(
    "is refused as %o",
    (uniqueKey) => {
      expect(refusal({ uniqueKey })).toBe("REVO_KEY_INVALID uniqueKey");
      expect(refusal({ uniqueKey: { key: uniqueKey } })).toBe("REVO_KEY_INVALID uniqueKey.key");
    },
  );

  it("is refused as an object without a key", () => {
    expect(refusal({ uniqueKey: {} })).toBe("REVO_KEY_INVALID uniqueKey.key");
  });
});

describe("row 22: an id that is no UUID", () => {
  it.each([
    "",
    "x".repeat(300),
    "a:b",
    "../../x",
    "{x}",
    "\u0000",
    "🎉",
    "0190F5FE-7C00-7A00-8000-000000000000",
    "{0190f5fe-7c00-7a00-8000-000000000000}",
    "0190f5fe7c007a008000000000000000",
    "0190f5fe-7c00-7a00-8000-000000000000\n",
    5,
  ])("is refused as %o", (id) => {
    expect(refusal({ id })).toBe("REVO_ID_INVALID id");
  });

  it("is accepted as a UUID in lower case", () => {
    const id = "0190f5fe-7c00-7a00-8000-000000000000";

    expect(resolveEnqueueOptions({ id }, defaultTypeOptions, nowMs, "").id).toBe(id);
  });
});

describe("row 27: one bad item in a batch", () => {
  it("is named by its place", () => {
    expect(refusal({ delay: -1 }, "[17]")).toBe("REVO_DURATION_INVALID [17].delay");
    expect(refusal({ tags: ["a", ""] }, "[17]")).toBe("REVO_NAME_INVALID [17].tags[1]");
    expect(refusal({ dealy: 1 }, "[17]")).toBe("REVO_OPTION_UNKNOWN [17].dealy");
    expect(
      refusalOf(() => resolveEnqueueOptions(null as never, defaultTypeOptions, 0, "[17]")),
    ).toBe("REVO_ARGUMENT_INVALID [17]");
  });
});

describe("row 37: whatever a handler throws", () => {
  const cyclic = new Error("outer");
  cyclic.cause = new Error("inner", { cause: cyclic });
  const hostile = new Proxy(new Error("a"), {
    get() {
      throw new Error("no");
    },
    getPrototypeOf() {
      throw new Error("no");
    },
  });
  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();
  const withGetters = Object.defineProperties(new Error("a"), {
    message: {
      get() {
        throw new Error("no");
      },
    },
    stack: {
      get() {
        throw new Error("no");
      },
    },
  });

  const unprintable = Array.from({ length: 8 }).reduce<Error | undefined>(
    (cause) =>
      Object.assign(new Error("a", { cause }), {
        name: "\u0001".repeat(1000),
        code: "\u0001".repeat(1000),
      }),
    undefined,
  );

  const thrown: readonly (readonly [string, unknown])[] = [
    ["a chain of names and codes that do not print", unprintable],
    ["undefined", undefined],
    ["null", null],
    ["a text", "x"],
    ["a symbol", Symbol("x")],
    ["a BigInt", 5n],
    ["a function", () => 1],
    ["an object without a prototype", Object.create(null)],
    ["a frozen error", Object.freeze(new Error("frozen"))],
    ["an error with getters that throw", withGetters],
    ["a message of 5 MB", new Error("x".repeat(5_000_000))],
    ["a message of control characters", new Error("\u0001".repeat(100_000))],
    ["a text of 5 MB", "€".repeat(2_000_000)],
    ["a cycle of causes", cyclic],
    ["a Proxy whose traps throw", hostile],
    ["a revoked Proxy", revoked],
    [
      "names and codes of 1 MB",
      Object.assign(new Error("a"), { name: "é".repeat(1e6), code: "\u0001".repeat(1e6) }),
    ],
    [
      "odd parts",
      Object.assign(new Error("a"), {
        name: Object.create(null) as unknown,
        message: {},
        errors: 5,
      }),
    ],
    [
      "many errors",
      new AggregateError(Array.from({ length: 1000 }, (_, i) => new Error("€".repeat(9999) + i))),
    ],
  ];

  it.each(thrown)("is recorded in at most 8 KiB that can be read again: %s", (_, error) => {
    const { text, fingerprint } = describeError(error);

    const description = readError(text);

    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(8192);
    expect(Buffer.byteLength(fingerprint)).toBeLessThanOrEqual(64);
    expect(description.name).not.toBe("");
    expect(description.message).toBeTypeOf("string");
  });

  it.each(thrown)("lets the job be retried: %s", (_, error) => {
    const { retry, retention } = defaultTypeOptions;

    const { outcome } = decideOutcome(
      { attempt: 1, maxAttempts: 2, retry, retention },
      { kind: "threw", error, by: "handler" },
      0.5,
    );

    expect(outcome.kind).toBe("retry");
  });
});
