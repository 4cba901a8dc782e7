import type { Duration } from "./duration.ts";
import type { Instant } from "./instant.ts";
import type { RetentionOptions } from "./retention.ts";
import type { RetryPolicy, StoredRetryPolicy } from "./retry-policy.ts";

/** Options that a job type has and a single job may override. */
export interface JobOptions {
  /** Queue, `[a-z0-9][a-z0-9._-]{0,63}`. @defaultValue "default" */
  readonly queue?: string;
  /** Band 0 (first) to 9. @defaultValue 5 */
  readonly priority?: number;
  /** How many attempts may end, 1..1000. @defaultValue 10 */
  readonly maxAttempts?: number;
  /** How often a job server may die while it runs the job, 0..100. 0: never run again after a crash. @defaultValue 3 */
  readonly maxCrashes?: number;
  /** Longest run of one attempt; then the signal fires and the attempt fails with `timeout`. @defaultValue none */
  readonly timeout?: Duration;
  /** Delay before the next attempt. @defaultValue exponential from 2 s, factor 2, full jitter, at most 1 h */
  readonly retry?: StoredRetryPolicy;
  /** At most 16 free labels of at most 128 bytes, for search. `revo.` is reserved. */
  readonly tags?: readonly string[];
  /** How long the finished job stays readable. @defaultValue succeeded 1 day, failed 14 days, deleted 1 day */
  readonly retention?: RetentionOptions;
  /** Not started within this many milliseconds after it became enqueued: deleted with reason `expired`. @defaultValue none */
  readonly discardAfterMs?: number;
}

/** Options of a job type, given once where it is registered or defined. */
export interface JobTypeOptions extends Omit<JobOptions, "retry"> {
  /** As for a single job, or a function of the attempt that ended. */
  readonly retry?: RetryPolicy;
  /** Abort the attempt when the lease can no longer be trusted, instead of going on until it is known lost. @defaultValue false */
  readonly exclusive?: boolean;
}

/** Options of one enqueue. */
export interface EnqueueOptions extends JobOptions {
  /** Start no earlier than this from now, by the storage's clock. Not together with `runAt`. */
  readonly delay?: Duration;
  /** Start no earlier than this. In the past: at once. At most 100 years ahead. Not together with `delay`. */
  readonly runAt?: Instant;
  /** A UUID chosen by the caller: repeating the enqueue with the same id and content is safe. @defaultValue a UUIDv7 */
  readonly id?: string;
  /** At most one job with this key at a time. A string means `{ key }`. */
  readonly uniqueKey?: string | UniqueKeyOptions;
  /** Strings that travel with the job to its handler. At most 64 entries, 8 KiB in all. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** How long and against whom a key is unique. */
export interface UniqueKeyOptions {
  /** Any well-formed text of 1..512 bytes. */
  readonly key: string;
  /**
   * `untilStarted`: freed when the first attempt starts. `untilFinished`: held through every retry. `retained`: held until the
   * finished job is pruned. `{ window }`: for this long from now, whatever becomes of the job. @defaultValue "untilFinished"
   */
  readonly scope?: "untilStarted" | "untilFinished" | "retained" | { readonly window: Duration };
  /**
   * `keep`: nothing is stored, the handle is the holder's. `replace`: a holder that has not started takes the new content.
   * `reject`: throws `REVO_JOB_DUPLICATE`. @defaultValue "keep"
   */
  readonly onConflict?: "keep" | "replace" | "reject";
}
