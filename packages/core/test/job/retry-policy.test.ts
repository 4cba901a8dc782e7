import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Duration, maxDurationMs } from "../../src/job/duration.ts";
import {
  defaultRetryPolicy,
  type ResolvedRetryPolicy,
  type RetryPolicy,
  resolveRetryPolicy,
  retryDelayMs,
} from "../../src/job/retry-policy.ts";
import { refusalOf } from "./thrown-by.ts";

const error = new Error("boom");

function delays(policy: RetryPolicy, attempts: number, fraction = 1): readonly number[] {
  const resolved = resolveRetryPolicy(policy, "retry");
  return Array.from(
    { length: attempts },
    (_, i) => retryDelayMs(resolved, i + 1, error, fraction).delayMs,
  );
}

function refusal(policy: unknown): string {
  return refusalOf(() => resolveRetryPolicy(policy as RetryPolicy, "retry"));
}

const anyMs = fc.oneof(fc.integer({ min: 0, max: maxDurationMs }), fc.constantFrom(0, 1));
const anyPolicy: fc.Arbitrary<RetryPolicy> = fc.oneof(
  fc.record({
    kind: fc.constant("exponential" as const),
    first: anyMs,
    factor: fc.double({ min: 1, max: 100, noNaN: true }),
    max: anyMs,
    jitter: fc.constantFrom("full" as const, "none" as const),
  }),
  fc.record({
    kind: fc.constant("fixed" as const),
    delay: anyMs,
    jitter: fc.constantFrom("full" as const, "none" as const),
  }),
  fc.record({
    kind: fc.constant("list" as const),
    delays: fc.array(anyMs, { minLength: 1, maxLength: 5 }),
  }),
  fc.anything().map((answer) => (): Duration => answer as Duration),
);

describe("the delay before a retry", () => {
  it("is an integer from 0 to 100 years for every policy, attempt and fraction", () => {
    fc.assert(
      fc.property(
        anyPolicy,
        fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.double()),
        fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.double()),
        (policy, attempt, fraction) => {
          const { delayMs } = retryDelayMs(
            resolveRetryPolicy(policy, "retry"),
            attempt,
            error,
            fraction,
          );

          expect(Number.isInteger(delayMs)).toBe(true);
          expect(delayMs).toBeGreaterThanOrEqual(0);
          expect(delayMs).toBeLessThanOrEqual(maxDurationMs);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("never passes the policy's own maximum, at any attempt up to 1000 (R6)", () => {
    for (let attempt = 1; attempt <= 1000; attempt++) {
      const { delayMs } = retryDelayMs(defaultRetryPolicy, attempt, error, 1);

      expect(delayMs).toBe(Math.min(2000 * 2 ** (attempt - 1), 3_600_000));
    }
  });
});

describe("the default policy", () => {
  it("doubles from 2 s up to 1 h", () => {
    expect(delays({ kind: "exponential" }, 13)).toEqual([
      2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000, 256_000, 512_000, 1_024_000, 2_048_000,
      3_600_000, 3_600_000,
    ]);
    expect(resolveRetryPolicy({ kind: "exponential" }, "retry")).toEqual(defaultRetryPolicy);
  });

  it("spreads over the whole delay", () => {
    expect(retryDelayMs(defaultRetryPolicy, 3, error, 0).delayMs).toBe(0);
    expect(retryDelayMs(defaultRetryPolicy, 3, error, 0.5).delayMs).toBe(4000);
    expect(retryDelayMs(defaultRetryPolicy, 3, error, 1).delayMs).toBe(8000);
  });
});

describe("an exponential policy", () => {
  it("takes first, factor, max and jitter from the caller", () => {
    const policy = { kind: "exponential", first: "1 s", factor: 3, max: "10 s", jitter: "none" };

    expect(delays(policy as RetryPolicy, 4, 0)).toEqual([1000, 3000, 9000, 10_000]);
  });

  it("stays at nothing when it begins with nothing", () => {
    expect(delays({ kind: "exponential", first: 0 }, 1000)).toEqual(
      Array.from({ length: 1000 }, () => 0),
    );
  });
});

describe("a fixed policy", () => {
  it("has the same delay each time, without jitter unless asked for", () => {
    expect(delays({ kind: "fixed", delay: "5 s" }, 3, 0.1)).toEqual([5000, 5000, 5000]);
    expect(delays({ kind: "fixed", delay: "5 s", jitter: "full" }, 1, 0.1)).toEqual([500]);
  });
});

describe("a list", () => {
  it("gives one delay after another and repeats the last", () => {
    expect(delays({ kind: "list", delays: ["1 s", 5000, "1 min"] }, 5)).toEqual([
      1000, 5000, 60_000, 60_000, 60_000,
    ]);
  });
});

describe("a function", () => {
  it("is asked with the attempt that ended and what it threw", () => {
    const asked: unknown[] = [];
    const policy = resolveRetryPolicy((attempt, thrown) => {
      asked.push([attempt, thrown]);
      return "7 s";
    }, "retry");

    const answer = retryDelayMs(policy, 4, error, 0.5);

    expect(answer).toEqual({ delayMs: 7000 });
    expect(asked).toEqual([[4, error]]);
  });

  it("may answer a millisecond count or words, and nothing longer than 100 years", () => {
    const policy: ResolvedRetryPolicy = {
      kind: "function",
      delay: (attempt) => (attempt === 1 ? 5 : maxDurationMs + 1),
    };

    expect(retryDelayMs(policy, 1, error, 1)).toEqual({ delayMs: 5 });
    expect(retryDelayMs(policy, 2, error, 1)).toMatchObject({
      delayMs: 4000,
      invalid: { code: "REVO_TIME_OUT_OF_RANGE" },
    });
  });
});

describe("a policy that is none", () => {
  it.each([
    [null, "REVO_ARGUMENT_INVALID retry"],
    ["exponential", "REVO_ARGUMENT_INVALID retry"],
    [{}, "REVO_ARGUMENT_INVALID retry.kind"],
    [{ kind: "random" }, "REVO_ARGUMENT_INVALID retry.kind"],
    [{ kind: "fixed" }, "REVO_DURATION_INVALID retry.delay"],
    [{ kind: "fixed", delay: -1 }, "REVO_DURATION_INVALID retry.delay"],
    [{ kind: "fixed", delay: 5, jitter: "half" }, "REVO_ARGUMENT_INVALID retry.jitter"],
    [{ kind: "exponential", factor: 0.5 }, "REVO_ARGUMENT_INVALID retry.factor"],
    [{ kind: "exponential", factor: Number.NaN }, "REVO_ARGUMENT_INVALID retry.factor"],
    [{ kind: "exponential", max: "soon" }, "REVO_DURATION_INVALID retry.max"],
    [{ kind: "list", delays: [] }, "REVO_ARGUMENT_INVALID retry.delays"],
    [{ kind: "list", delays: [1, -1] }, "REVO_DURATION_INVALID retry.delays[1]"],
    [{ kind: "list" }, "REVO_ARGUMENT_INVALID retry.delays"],
    [
      { kind: "list", delays: Array.from({ length: 101 }, () => 1) },
      "REVO_ARGUMENT_INVALID retry.delays",
    ],
  ])("is refused: %j", (policy, expected) => {
    expect(refusal(policy)).toBe(expected);
  });
});
