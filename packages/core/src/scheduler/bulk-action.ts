import type { Duration } from "../job/duration.ts";
import type { Instant } from "../job/instant.ts";
import type { ActionOptions } from "./action-options.ts";

/**
 * What to do with all jobs of a query. Each touches only jobs in states it can act on; the others do not match.
 *
 * `delete`: any but deleted ones, succeeded ones only if the query names that state; processing ones are asked to end.
 * `requeue`: failed ones, and if the query names these states succeeded, deleted, scheduled, awaiting and throttled ones, to the
 * tail of their queues; `resetAttempts` is true unless given. `runNow`: scheduled ones. `reschedule`: scheduled and enqueued
 * ones. `move`: unfinished ones that are not processing, to the tail of another queue or band.
 */
export type BulkAction =
  | { readonly kind: "delete" }
  | { readonly kind: "requeue"; readonly resetAttempts?: boolean }
  | { readonly kind: "runNow" }
  | { readonly kind: "reschedule"; readonly at: Instant | { readonly delay: Duration } }
  | { readonly kind: "move"; readonly queue?: string; readonly priority?: number };

/** Options of one call of `apply`. */
export interface BulkOptions extends Omit<ActionOptions, "from"> {
  /** The `next` of the chunk before, of the same action and query. Absent or `null`: from the beginning. */
  readonly after?: string | null;
  /** Most jobs to act on in this call, 1..10000. @defaultValue 1000 */
  readonly limit?: number;
  /** Most rows to look at in this call, at least `limit`, at most 1000000. @defaultValue ten times `limit` */
  readonly scanLimit?: number;
  /** Looked at between the storage's calls; what was done stays done. */
  readonly signal?: AbortSignal;
}

/** What one call of `apply` did. */
export interface BulkResult {
  /** Jobs found that match and that the action could act on. */
  readonly matched: number;
  /** Of these, changed, or asked to end. */
  readonly changed: number;
  /** Of these, left as they are: they changed state or were gone meanwhile, or another job holds their unique key. */
  readonly conflicts: number;
  /** Rows looked at. */
  readonly scanned: number;
  /** Pass as `after` to go on; `null`: all were looked at. */
  readonly next: string | null;
}
