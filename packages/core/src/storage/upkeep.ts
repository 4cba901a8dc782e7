import type { JobId } from "../job/job-record.ts";
import type { JobError } from "../job/settle-outcome.ts";

/** Housekeeping: bounded, repeatable, may be called by any job server at any time. */
export interface IJobUpkeep {
  /** True for at most one caller per `intervalMs`, by the storage's clock. Saves work; correctness never rests on it. */
  takeTurn(task: string, intervalMs: number): Promise<boolean>;
  /** Moves up to `limit` due jobs, earliest first, to enqueued; `enqueuedAt` is now. `exchange` does the same on its way. */
  promote(
    limit: number,
  ): Promise<{ readonly promoted: number; readonly nextDueInMs: number | null }>;
  /**
   * Takes up to `limit` jobs from a server. If its beat is still `beat` (or it is lost already) the server becomes lost for
   * ever, in the same step in which no claim of its can succeed any more; then each job: `attempt` - 1; `crashes` + 1 if
   * the job was marked `starting`, or if it was 0 and `maxCrashes` is not; deletion requested → deleted; `crashes` > `maxCrashes` → failed with `error`;
   * else back: marked ones scheduled in `delayMs`, others enqueued in their old place. With nothing left the server is
   * forgotten. Whoever calls has watched the beat stand still for a lease.
   * @returns `beat-moved`: the server lives, nothing changed. `more`: call again.
   */
  recover(request: RecoverRequest): Promise<RecoverReply>;
  /** Removes up to `limit` finished jobs past `retainMs`, with their logs and results, and expired keys and metrics. Never touches an unfinished job. */
  prune(limit: number): Promise<{ readonly removed: number; readonly more: boolean }>;
  /** Puts right what a crash may leave between two steps of this store: throttled jobs whose key has room, stray holders, counts. */
  repair(limit: number): Promise<{ readonly repaired: number; readonly more: boolean }>;
}

/** Which job server is held to be dead, and what to do with its jobs. */
export interface RecoverRequest
  extends Readonly<Record<"beat" | "limit" | "delayMs" | "retainMs", number>> {
  readonly serverId: string;
  readonly error: JobError;
}

/** What became of one step of a recovery. */
export type RecoverReply =
  | { readonly kind: "beat-moved" }
  | {
      readonly kind: "recovered";
      readonly returned: readonly JobId[];
      readonly failed: readonly JobId[];
      readonly deleted: readonly JobId[];
      readonly more: boolean;
    };
