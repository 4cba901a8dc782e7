import { argumentError } from "./argument-error.ts";
import { type Duration, maxDurationMs, parseDuration } from "./duration.ts";
import { assertKnownKeys, ownOptions } from "./option-keys.ts";

/** `full`: a random part of the delay, from nothing to all of it, so that jobs that failed together do not come back together. */
export type RetryJitter = "full" | "none";

/** A retry policy that can be stored with a job. */
export type StoredRetryPolicy =
  | {
      readonly kind: "exponential";
      /** Delay after the first attempt. @defaultValue "2 s" */
      readonly first?: Duration;
      /** What each further delay is multiplied by, 1..100. @defaultValue 2 */
      readonly factor?: number;
      /** Longest delay. @defaultValue "1 h" */
      readonly max?: Duration;
      /** @defaultValue "full" */
      readonly jitter?: RetryJitter;
    }
  | {
      readonly kind: "fixed";
      readonly delay: Duration;
      /** @defaultValue "none" */
      readonly jitter?: RetryJitter;
    }
  | {
      readonly kind: "list";
      /** Delay after the first, the second … attempt; the last one repeats. 1 to 100 entries. */
      readonly delays: readonly Duration[];
    };

/**
 * Delay before the next attempt: a stored policy, or a function of the attempt that ended (1 for the first) and what it threw.
 * A function belongs to a job type, since it cannot be stored with a job. It must answer at once: a promise is no delay.
 */
export type RetryPolicy = StoredRetryPolicy | RetryDelayFunction;

/** Answers the delay before the next attempt: of the attempt that ended (1 for the first) and what it threw. */
export type RetryDelayFunction = (attempt: number, error: unknown) => Duration;

/** A stored policy with every value known: JSON, all times in milliseconds. */
export type ResolvedStoredRetryPolicy =
  | {
      readonly kind: "exponential";
      readonly firstMs: number;
      readonly factor: number;
      readonly maxMs: number;
      readonly jitter: RetryJitter;
    }
  | { readonly kind: "fixed"; readonly delayMs: number; readonly jitter: RetryJitter }
  | { readonly kind: "list"; readonly delaysMs: readonly number[] };

/** A policy with every value known; a function stays what it is. */
export type ResolvedRetryPolicy =
  | ResolvedStoredRetryPolicy
  | { readonly kind: "function"; readonly delay: RetryDelayFunction };

/** What {@link retryDelayMs} decided. */
export interface RetryDelay {
  /** Integer, >= 0, at most 100 years. */
  readonly delayMs: number;
  /** Why the policy's function was not followed. The default policy was. */
  readonly invalid?: unknown;
}

const maxDelays = 100;
const maxFactor = 100;

/** Exponential from 2 s, factor 2, full jitter, at most 1 h. */
export const defaultRetryPolicy: ResolvedStoredRetryPolicy = Object.freeze({
  kind: "exponential",
  firstMs: 2000,
  factor: 2,
  maxMs: 60 * 60 * 1000,
  jitter: "full",
});

/**
 * Checks a policy and turns its durations into milliseconds.
 *
 * @throws {@link RevoArgumentError} `REVO_ARGUMENT_INVALID`, `REVO_OPTION_UNKNOWN`, `REVO_DURATION_INVALID`,
 * `REVO_TIME_OUT_OF_RANGE`, with the path of the wrong part.
 */
export function resolveRetryPolicy(policy: RetryPolicy, path: string): ResolvedRetryPolicy {
  return typeof policy === "function"
    ? Object.freeze({ kind: "function", delay: policy })
    : resolveStoredRetryPolicy(policy, path);
}

/** As {@link resolveRetryPolicy}, for a policy that is stored with its job: a function is refused. */
export function resolveStoredRetryPolicy(
  policy: StoredRetryPolicy,
  path: string,
): ResolvedStoredRetryPolicy {
  if (typeof policy !== "object" || policy === null) {
    throw argumentError(
      "REVO_ARGUMENT_INVALID",
      path,
      "to be a retry policy with a `kind`",
      policy,
    );
  }
  const own = ownOptions(policy);
  switch (own.kind) {
    case "exponential": {
      assertKnownKeys(policy, ["kind", "first", "factor", "max", "jitter"], path);
      const { first = "2 s", factor = 2, max = "1 h", jitter = "full" } = own;
      return Object.freeze({
        kind: "exponential",
        firstMs: parseDuration(first, `${path}.first`),
        factor: parseFactor(factor, `${path}.factor`),
        maxMs: parseDuration(max, `${path}.max`),
        jitter: parseJitter(jitter, `${path}.jitter`),
      });
    }
    case "fixed": {
      assertKnownKeys(policy, ["kind", "delay", "jitter"], path);
      const { delay, jitter = "none" } = own;
      return Object.freeze({
        kind: "fixed",
        delayMs: parseDuration(delay, `${path}.delay`),
        jitter: parseJitter(jitter, `${path}.jitter`),
      });
    }
    case "list":
      assertKnownKeys(policy, ["kind", "delays"], path);
      return Object.freeze({ kind: "list", delaysMs: parseDelays(own.delays, `${path}.delays`) });
    default:
      throw argumentError(
        "REVO_ARGUMENT_INVALID",
        `${path}.kind`,
        'to be "exponential", "fixed" or "list"',
        (own as { readonly kind?: unknown }).kind,
      );
  }
}

/**
 * The delay before the next attempt. Never throws, and never answers anything but an integer from 0 to 100 years: a function
 * that throws or answers rubbish is replaced by the default policy, and `invalid` says why.
 *
 * @param attempt The attempt that ended, 1 for the first.
 * @param error What it threw; given to a policy's function.
 * @param fraction Random, 0..1.
 */
export function retryDelayMs(
  policy: ResolvedRetryPolicy,
  attempt: number,
  error: unknown,
  fraction: number,
): RetryDelay {
  switch (policy.kind) {
    case "exponential": {
      const grownMs = policy.firstMs * policy.factor ** (attempt - 1);
      return { delayMs: jittered(Math.min(grownMs, policy.maxMs), policy.jitter, fraction) };
    }
    case "fixed":
      return { delayMs: jittered(policy.delayMs, policy.jitter, fraction) };
    case "list":
      return {
        delayMs: clamp(policy.delaysMs[Math.min(attempt, policy.delaysMs.length) - 1] ?? 0),
      };
    case "function":
      return callDelayFunction(policy.delay, attempt, error, fraction);
  }
}

function callDelayFunction(
  delay: RetryDelayFunction,
  attempt: number,
  error: unknown,
  fraction: number,
): RetryDelay {
  try {
    const answer: unknown = delay(attempt, error);
    if (answer instanceof Promise) {
      // Nobody else will ever look at it, and an unhandled rejection would end the process.
      answer.catch(() => undefined);
    }
    return { delayMs: parseDuration(answer as Duration, "retry") };
  } catch (reason) {
    const { delayMs } = retryDelayMs(defaultRetryPolicy, attempt, error, fraction);
    return { delayMs, invalid: reason ?? new TypeError(`The retry function threw ${reason}`) };
  }
}

function jittered(delayMs: number, jitter: RetryJitter, fraction: number): number {
  return clamp(jitter === "none" ? delayMs : delayMs * Math.min(Math.max(fraction, 0), 1));
}

/** What is no number (0 times Infinity, a fraction of NaN) counts as no delay. */
function clamp(delayMs: number): number {
  return delayMs >= 0 ? Math.min(Math.round(delayMs), maxDurationMs) : 0;
}

function parseFactor(value: number, path: string): number {
  if (typeof value !== "number" || !(value >= 1 && value <= maxFactor)) {
    throw argumentError(
      "REVO_ARGUMENT_INVALID",
      path,
      `to be a number from 1 to ${maxFactor}`,
      value,
    );
  }
  return value;
}

function parseJitter(value: RetryJitter, path: string): RetryJitter {
  if (value !== "full" && value !== "none") {
    throw argumentError("REVO_ARGUMENT_INVALID", path, 'to be "full" or "none"', value);
  }
  return value;
}

function parseDelays(values: readonly Duration[], path: string): readonly number[] {
  if (!Array.isArray(values) || values.length === 0 || values.length > maxDelays) {
    throw argumentError(
      "REVO_ARGUMENT_INVALID",
      path,
      `to be an array of 1 to ${maxDelays} durations`,
      values,
    );
  }
  return Object.freeze(
    Array.from(values as readonly Duration[], (value, i) => parseDuration(value, `${path}[${i}]`)),
  );
}
