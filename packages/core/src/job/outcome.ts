import type { RevoErrorCode } from "../errors.ts";
import { maxDurationMs } from "./duration.ts";
import { describeError } from "./job-error.ts";
import type { Retention } from "./retention.ts";
import { type ResolvedRetryPolicy, retryDelayMs } from "./retry-policy.ts";
import type { SettleOutcome } from "./settle-outcome.ts";

/** How an attempt ended, seen from the job server. */
export type AttemptResult =
  | { readonly kind: "succeeded"; readonly result?: string }
  | {
      readonly kind: "threw";
      readonly error: unknown;
      /** `core`: decoding, upgrade, validation or the encoding of the result; else the handler or middleware around it. */
      readonly by: "core" | "handler";
    }
  | { readonly kind: "timed-out"; readonly error: unknown }
  | {
      readonly kind: "released";
      readonly delayMs: number;
      readonly refundAttempt: boolean;
      readonly reason: string;
    }
  | { readonly kind: "deleted" };

/** What the decision needs to know of a job. */
export interface OutcomeJob {
  /** The attempt that ended, 1 for the first. */
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly retry: ResolvedRetryPolicy;
  readonly retention: Retention;
}

/** What {@link decideOutcome} decided. */
export interface OutcomeDecision {
  readonly outcome: SettleOutcome;
  /** Why the retry function of the job type was not followed; the caller reports it. */
  readonly invalidBackoff?: unknown;
}

/** Errors of core about this job that no repetition will mend, and the reason under which it fails. */
const finalReasons: ReadonlyMap<unknown, string> = new Map<RevoErrorCode, string>([
  ["REVO_PAYLOAD_VERSION", "payload-version"],
  ["REVO_PAYLOAD_INVALID", "payload-invalid"],
  ["REVO_JOB_CORRUPT", "corrupt"],
  ["REVO_RESULT_NOT_SERIALIZABLE", "result"],
  ["REVO_RESULT_TOO_LARGE", "result"],
]);

/**
 * Decides what becomes of a job after one attempt. Pure, and never throws: the caller writes the outcome to the storage.
 *
 * @param fraction Random, 0..1: the jitter of a retry.
 */
export function decideOutcome(
  job: OutcomeJob,
  result: AttemptResult,
  fraction: number,
): OutcomeDecision {
  switch (result.kind) {
    case "succeeded": {
      const retainMs = job.retention.succeededMs;
      return {
        outcome:
          result.result === undefined
            ? { kind: "succeed", retainMs }
            : { kind: "succeed", retainMs, result: result.result },
      };
    }
    case "threw":
      return decideThrown(job, result, fraction);
    case "timed-out":
      return retryOrFail(job, result.error, "timeout", fraction);
    case "released": {
      const { delayMs, refundAttempt, reason } = result;
      return { outcome: { kind: "release", delayMs, refundAttempt, reason } };
    }
    case "deleted":
      return {
        outcome: { kind: "delete", retainMs: job.retention.deletedMs, reason: "requested" },
      };
  }
}

function decideThrown(
  job: OutcomeJob,
  { error, by }: Extract<AttemptResult, { readonly kind: "threw" }>,
  fraction: number,
): OutcomeDecision {
  const code = readSafely(error, "code");
  if (code === "REVO_NON_RETRYABLE") {
    return fail(job, error, "non-retryable");
  }
  // A handler may let the same codes through from jobs that it enqueues or waits for: these are its errors, not this job's.
  const finalReason = by === "core" ? finalReasons.get(code) : undefined;
  if (finalReason !== undefined) {
    return fail(job, error, finalReason);
  }
  const delayMs = code === "REVO_RETRY_AFTER" ? readSafely(error, "delayMs") : undefined;
  if (isDelay(delayMs) && hasAttemptLeft(job)) {
    return { outcome: { kind: "retry", delayMs, error: describeError(error) } };
  }
  return retryOrFail(job, error, "attempts", fraction);
}

function retryOrFail(
  job: OutcomeJob,
  error: unknown,
  reason: string,
  fraction: number,
): OutcomeDecision {
  if (!hasAttemptLeft(job)) {
    return fail(job, error, reason);
  }
  const { delayMs, invalid } = retryDelayMs(job.retry, job.attempt, error, fraction);
  const outcome: SettleOutcome = { kind: "retry", delayMs, error: describeError(error) };
  return invalid === undefined ? { outcome } : { outcome, invalidBackoff: invalid };
}

function fail(job: OutcomeJob, error: unknown, reason: string): OutcomeDecision {
  const retainMs = job.retention.failedMs;
  return { outcome: { kind: "fail", retainMs, reason, error: describeError(error) } };
}

function hasAttemptLeft(job: OutcomeJob): boolean {
  return job.attempt < job.maxAttempts;
}

function isDelay(value: unknown): value is number {
  return (
    Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= maxDurationMs
  );
}

/** What was thrown may be a Proxy or have a getter that throws in its turn. */
function readSafely(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null) {
    return undefined;
  }
  try {
    return (value as Readonly<Record<string, unknown>>)[key];
  } catch {
    return undefined;
  }
}
