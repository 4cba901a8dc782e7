import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NonRetryableError, RevoError } from "../../src/errors.ts";
import { readError } from "../../src/job/job-error.ts";
import { type AttemptResult, decideOutcome, type OutcomeJob } from "../../src/job/outcome.ts";
import { RetryAfterError } from "../../src/job/retry-after-error.ts";
import type { SettleOutcome } from "../../src/job/settle-outcome.ts";

const job: OutcomeJob = {
  attempt: 1,
  maxAttempts: 3,
  retry: { kind: "fixed", delayMs: 5000, jitter: "none" },
  retention: { succeededMs: 1, failedMs: 2, deletedMs: 3 },
};
const lastAttempt: OutcomeJob = { ...job, attempt: 3 };

function decide(given: OutcomeJob, result: AttemptResult): SettleOutcome {
  return decideOutcome(given, result, 0.5).outcome;
}

function threw(error: unknown): AttemptResult {
  return { kind: "threw", error, by: "core" };
}

describe("an attempt that succeeded", () => {
  it("lets the job succeed, with its result if it has one", () => {
    expect(decide(job, { kind: "succeeded" })).toEqual({ kind: "succeed", retainMs: 1 });
    expect(decide(lastAttempt, { kind: "succeeded", result: "5" })).toEqual({
      kind: "succeed",
      retainMs: 1,
      result: "5",
    });
  });
});

describe("an attempt that threw", () => {
  it("is followed by another while attempts are left", () => {
    const outcome = decide(job, threw(new Error("boom")));

    expect(outcome).toMatchObject({ kind: "retry", delayMs: 5000 });
    expect(readError((outcome as { error: { text: string } }).error.text).message).toBe("boom");
  });

  it("lets the job fail when none is left", () => {
    expect(decide(lastAttempt, threw(new Error("boom")))).toMatchObject({
      kind: "fail",
      reason: "attempts",
      retainMs: 2,
    });
    expect(decide({ ...job, maxAttempts: 1 }, threw(new Error("boom"))).kind).toBe("fail");
  });

  it("lets the job fail at once when it says that no repetition helps", () => {
    expect(decide(job, threw(new NonRetryableError("no such user")))).toMatchObject({
      kind: "fail",
      reason: "non-retryable",
    });
  });

  it("is followed by another when the handler lets another job's error through", () => {
    const error = new RevoError("REVO_RESULT_TOO_LARGE", "of a job that the handler waited for");

    const outcome = decide(job, { kind: "threw", error, by: "handler" });

    expect(outcome).toMatchObject({ kind: "retry", delayMs: 5000 });
  });

  it("is known by the error's code, also from another copy of this package", () => {
    const foreign = Object.assign(new Error("no"), { code: "REVO_NON_RETRYABLE" });

    expect(decide(job, threw(foreign))).toMatchObject({ kind: "fail", reason: "non-retryable" });
  });

  it("waits as long as the error says while attempts are left", () => {
    expect(decide(job, threw(new RetryAfterError(1234)))).toMatchObject({
      kind: "retry",
      delayMs: 1234,
    });
    expect(decide(lastAttempt, threw(new RetryAfterError(1234)))).toMatchObject({
      kind: "fail",
      reason: "attempts",
    });
  });

  it.each([Number.NaN, -1, 0.5, "5 s", 2 ** 60, undefined])(
    "follows the policy when the error's delay is %o",
    (delayMs) => {
      const foreign = Object.assign(new Error("later"), { code: "REVO_RETRY_AFTER", delayMs });

      expect(decide(job, threw(foreign))).toMatchObject({ kind: "retry", delayMs: 5000 });
    },
  );

  it.each([
    ["REVO_PAYLOAD_VERSION", "payload-version"],
    ["REVO_PAYLOAD_INVALID", "payload-invalid"],
    ["REVO_JOB_CORRUPT", "corrupt"],
    ["REVO_RESULT_NOT_SERIALIZABLE", "result"],
    ["REVO_RESULT_TOO_LARGE", "result"],
  ] as const)("with %s lets the job fail as %s, without a retry", (code, reason) => {
    const outcome = decide(job, threw(new RevoError(code, "no")));

    expect(outcome).toMatchObject({ kind: "fail", reason });
  });

  it("reports a retry function that was not followed", () => {
    const wrong = new Error("no");
    const retry = {
      kind: "function",
      delay: () => {
        throw wrong;
      },
    } as const;

    const decision = decideOutcome({ ...job, retry }, threw(new Error("boom")), 1);

    expect(decision.invalidBackoff).toBe(wrong);
    expect(decision.outcome).toMatchObject({ kind: "retry", delayMs: 2000 });
  });
});

describe("an attempt that took too long", () => {
  it("is followed by another while attempts are left, and says how long it had", () => {
    const error = new RevoError("REVO_TIMEOUT", "ran longer than its timeout of 30000 ms");

    const outcome = decide(job, { kind: "timed-out", error });

    expect(outcome).toMatchObject({ kind: "retry", delayMs: 5000 });
    expect(readError((outcome as { error: { text: string } }).error.text)).toMatchObject({
      code: "REVO_TIMEOUT",
      message: "ran longer than its timeout of 30000 ms",
    });
  });

  it("lets the job fail as a timeout when none is left", () => {
    expect(
      decide(lastAttempt, { kind: "timed-out", error: new RevoError("REVO_TIMEOUT", "too long") }),
    ).toMatchObject({
      kind: "fail",
      reason: "timeout",
    });
  });
});

describe("an attempt that was given back", () => {
  it("is released as it was", () => {
    const released = { delayMs: 5, refundAttempt: true, reason: "shutdown" };

    expect(decide(lastAttempt, { kind: "released", ...released })).toEqual({
      kind: "release",
      ...released,
    });
  });
});

describe("an attempt whose job was deleted meanwhile", () => {
  it("lets the job be deleted", () => {
    expect(decide(job, { kind: "deleted" })).toEqual({
      kind: "delete",
      retainMs: 3,
      reason: "requested",
    });
  });
});

describe("the decision", () => {
  it("never throws and never retries beyond the last attempt", () => {
    fc.assert(
      fc.property(
        fc.anything(),
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: 1, max: 1000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (error, attempt, maxAttempts, fraction) => {
          const { outcome } = decideOutcome(
            { ...job, attempt, maxAttempts },
            threw(error),
            fraction,
          );

          expect(outcome.kind).toBe(attempt < maxAttempts ? "retry" : "fail");
        },
      ),
    );
  });
});
