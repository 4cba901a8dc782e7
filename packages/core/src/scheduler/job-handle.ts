import type { Duration } from "../job/duration.ts";
import type { JobId } from "../job/job-record.ts";

/** How to wait for a result. */
export interface ResultOptions {
  /** Longest wait; then it rejects with `REVO_TIMEOUT`, and the job goes on. @defaultValue none */
  readonly timeout?: Duration;
  /** Ends the wait with the signal's reason; the job goes on. */
  readonly signal?: AbortSignal;
}

/** A job that was asked for. */
export interface JobHandle<TResult = unknown> {
  /** The job's id; with a unique key that was taken, its holder's. */
  readonly id: JobId;
  /** False: this very id was stored already, or the unique key's holder was kept or replaced. */
  readonly created: boolean;
  /**
   * What the handler returned, once the job has succeeded, wherever it runs. Polls the storage, all waits of this process in
   * one call, after 50 ms and then ever slower up to 1 s; a job of this process is noticed at once.
   *
   * @throws `REVO_JOB_FAILED` with the handler's error as `cause`; `REVO_JOB_DELETED`; `REVO_JOB_NOT_FOUND`: no longer kept;
   * `REVO_RESULT_NOT_KEPT`: succeeded jobs of this type are dropped at once; `REVO_TIMEOUT`; `REVO_CLOSED`.
   */
  result(options?: ResultOptions): Promise<TResult>;
}
