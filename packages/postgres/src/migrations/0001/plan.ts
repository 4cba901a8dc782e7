/**
 * Settings of every function that is called from outside and touches jobs; what these call runs under the same settings. A fresh backlog that was never analyzed, or statistics of an empty table, must
 * not turn a claim into a scan; session settings do not survive a pooler, so they belong to the function. The generic plan
 * spares planning at each call.
 */
export const PINNED = `language plpgsql
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_material = off
set jit = off
set plan_cache_mode = force_generic_plan`;

/** A function that only others call: it takes over their settings, at no cost of its own. */
export const INNER = "language plpgsql";

/** Columns that a finished job takes over from the unfinished one as they are, and back when it is requeued. */
export const CARRIED: readonly string[] = [
  "id",
  "created_at",
  "enqueued_at",
  "started_at",
  "deletion_requested_at",
  "discard_after_ms",
  "discard_retain_ms",
  "unique_window_ms",
  "token",
  "progress",
  "attempt",
  "priority",
  "max_attempts",
  "max_crashes",
  "unique_scope",
  "logged",
  "queue",
  "type",
  "payload",
  "envelope",
  "tags",
  "unique_key",
];

/** These columns of the given row. */
export function carried(row: string): string {
  return CARRIED.map((column) => `${row}.${column}`).join(", ");
}
