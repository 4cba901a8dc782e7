import type { JobId } from "../job/job-record.ts";
import type { ILogger } from "../support/logger.ts";

/** What a job's handler, and every middleware around it, is told about the attempt. One object per attempt. */
export interface JobContext {
  readonly kind: "job";
  readonly id: JobId;
  /** The job type, also where a command is carried: `command.<type>`. */
  readonly type: string;
  /** The restored job: what `handle` gets as its first argument. */
  readonly message: unknown;
  /** This run's number, from 1. */
  readonly attempt: number;
  /** How many attempts may end. */
  readonly maxAttempts: number;
  readonly queue: string;
  readonly priority: number;
  /** What travelled with the job: the enqueuer's headers and context. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * Fires when the attempt should end: `signal.reason` is a RevoError with `REVO_TIMEOUT`, `REVO_SHUTDOWN`, `REVO_JOB_DELETED`
   * or `REVO_LEASE_LOST`.
   */
  readonly signal: AbortSignal;
  /** Lines go to the configured logger and to the job's own log (the newest 1000 are kept, 8 KiB each). */
  readonly log: ILogger;
  /** A place for middleware to pass things on. Keys are the middleware's own. */
  readonly items: Map<unknown, unknown>;
  /**
   * Reports how far the work is. Kept with the job, at most two writes a second.
   * @param fraction 0..1. @throws `REVO_ARGUMENT_INVALID`.
   */
  readonly progress: (fraction: number) => void;
  /**
   * Completes the job inside the caller's transaction of the same database: the job is succeeded if and only if that
   * transaction commits. The handler's own return then settles nothing more.
   * @throws `REVO_CAPABILITY_MISSING` where the storage has no transactions; `REVO_LEASE_LOST`: roll back, the job is
   * somebody else's.
   */
  readonly completeIn: (transaction: unknown, result?: unknown) => Promise<void>;
}
