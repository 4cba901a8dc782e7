import type { Duration } from "../job/duration.ts";
import type { Instant } from "../job/instant.ts";
import type { JobDefinition } from "../job/job-definition.ts";
import type { EnqueueOptions } from "../job/enqueue-options.ts";
import type { IJob, Job, JobResult } from "../job/job.ts";
import type { JobQuery } from "../search/job-query.ts";
import type { JobSnapshot } from "../search/job-snapshot.ts";
import type { ActionOptions } from "./action-options.ts";
import type { BulkAction, BulkOptions, BulkResult } from "./bulk-action.ts";
import type { JobHandle, ResultOptions } from "./job-handle.ts";
import type { JobReference } from "./job-reference.ts";

/** Enqueues inside a transaction of the storage's own database; `TTransaction` is `never` where the storage has none. */
export interface TransactionOptions<TTransaction> {
  /**
   * The caller's open transaction: the job exists if and only if it commits. Waiting for the result before the commit waits
   * for ever.
   */
  readonly transaction?: TTransaction;
}

/** Options of one enqueue through the scheduler. */
export type EnqueueJobOptions<TTransaction> = EnqueueOptions & TransactionOptions<TTransaction>;

/** Options of one `scheduleJob`: the time is an argument. */
export type ScheduleJobOptions<TTransaction> = Omit<EnqueueOptions, "delay" | "runAt"> &
  TransactionOptions<TTransaction>;

/** A job, not a class or a definition of jobs: those are the commonest slips. */
export type JobInstance<TJob> = TJob extends
  | JobDefinition<string, unknown, unknown, unknown>
  | ((...args: never[]) => unknown)
  | (abstract new (
      ...args: never[]
    ) => unknown)
  ? never
  : TJob;

/** One entry of `enqueueJobs` with options of its own. */
export interface EnqueueItem<TJob extends IJob & object> extends EnqueueOptions {
  readonly job: TJob;
}

/** The job of an item of `enqueueJobs`: the item itself, or the `job` in it. */
export type JobOfItem<TItem> =
  TItem extends Job<unknown> ? TItem : TItem extends { readonly job: infer TJob } ? TJob : TItem;

/** What an item of `enqueueJobs` must be: a job, or options of one enqueue beside a `job`. */
export type EnqueueItemCheck<TItem> =
  TItem extends Job<unknown>
    ? unknown
    : TItem extends { readonly job: infer TJob extends object }
      ? EnqueueItem<TJob & JobInstance<TJob>> & {
          readonly [Key in Exclude<keyof TItem, keyof EnqueueItem<object>>]: never;
        }
      : JobInstance<TItem>;

/** Options of `requeueJob`. */
export interface RequeueOptions extends ActionOptions {
  /** Gives the job all its attempts again; false: one more, as it stands. @defaultValue true */
  readonly resetAttempts?: boolean;
}

/** What of a job may be changed while it is not processing and not finished. Absent: as it is. */
export interface JobUpdate {
  readonly priority?: number;
  readonly queue?: string;
  /** The new payload: validated and stored as at enqueue. A job instance is taken by its content. */
  readonly payload?: unknown;
}

/** Options of `pauseQueue`. */
export interface PauseOptions {
  /** Shown to operators. 1..500 bytes. */
  readonly reason: string;
  /** The pause ends by itself after this time, by the storage's clock. @defaultValue until resumed */
  readonly for?: Duration;
  /** @defaultValue "application" */
  readonly actor?: string;
}

/**
 * How work gets in, and what can be done about it afterwards, from any process on the storage.
 *
 * What is wrong with an argument is thrown before the storage is asked, as `RevoArgumentError` with the path of the value.
 * Every method throws `REVO_CLOSED` before start and after stop, and the storage's errors as they are: after
 * `REVO_STORAGE_UNAVAILABLE` nothing was done.
 */
export interface IJobScheduler<TTransaction = never> {
  /**
   * Stores a job to be run at once, after `delay` or at `runAt`. Calls in flight together travel together. Resolves when it is
   * stored as durably as the storage promises.
   *
   * The payload is stored as given and validated by the type's schema, if any, both now and before each run; what a schema
   * transforms is transformed at the run.
   *
   * @throws `REVO_HANDLER_NOT_FOUND`: this process does not know the job type. `REVO_PAYLOAD_*`. `REVO_OPTION_UNKNOWN`.
   * `REVO_JOB_DUPLICATE`: the unique key is held and `onConflict` is `reject`. `REVO_ID_CONFLICT`: the given id is another
   * job's. `REVO_CAPABILITY_MISSING`. `REVO_STORAGE_OUTCOME_UNKNOWN`: it may be stored; repeat with the same `id`.
   */
  enqueueJob<TName extends string, TInput, TOutput, TResult>(
    definition: JobDefinition<TName, TInput, TOutput, TResult>,
    payload: NoInfer<TInput>,
    options?: EnqueueJobOptions<TTransaction>,
  ): Promise<JobHandle<TResult>>;
  enqueueJob<TJob extends IJob & object>(
    job: TJob & JobInstance<TJob>,
    options?: EnqueueJobOptions<TTransaction>,
  ): Promise<JobHandle<JobResult<TJob>>>;

  /**
   * Stores any number of jobs, in order. All are checked first: one bad item (path `[17].delay`) and nothing is stored. Then
   * they are sent in chunks as large as the storage takes; atomic as a whole only inside a transaction.
   *
   * @returns One handle per item, in order. Empty: `[]`, without asking the storage.
   * @throws {@link EnqueueJobsError} when some were not stored; it has the outcome of every item.
   */
  enqueueJobs<const TItem extends object>(
    items: readonly (TItem & EnqueueItemCheck<TItem>)[],
    options?: TransactionOptions<TTransaction>,
  ): Promise<readonly JobHandle<JobResult<JobOfItem<TItem>>>[]>;

  /** Stores a job to be run at an instant; one that has passed means at once. Otherwise as `enqueueJob`. */
  scheduleJob<TName extends string, TInput, TOutput, TResult>(
    definition: JobDefinition<TName, TInput, TOutput, TResult>,
    payload: NoInfer<TInput>,
    at: Instant,
    options?: ScheduleJobOptions<TTransaction>,
  ): Promise<JobHandle<TResult>>;
  scheduleJob<TJob extends IJob & object>(
    job: TJob & JobInstance<TJob>,
    at: Instant,
    options?: ScheduleJobOptions<TTransaction>,
  ): Promise<JobHandle<JobResult<TJob>>>;

  /**
   * Deletes a job that has not succeeded. One that is processing is asked to end: its handler's signal fires, wherever it
   * runs, and the attempt's end becomes `deleted` unless it succeeds. The deleted job frees its unique key and can be
   * requeued while it is kept.
   *
   * @returns True when the job is deleted, now or before, or asked to end. False when there was nothing to prevent: no such job
   * (one that was deleted holds its key no longer), or it has succeeded. A succeeded job stays, with its `retained` key.
   */
  deleteJob(reference: JobReference, options?: ActionOptions): Promise<boolean>;

  /**
   * Puts a job at the tail of its queue, whatever it waited for; also a failed, succeeded or deleted one. Calling twice may
   * run it twice: `from: ["failed"]` guards against that.
   * @throws `REVO_JOB_NOT_FOUND`. `REVO_JOB_STATE_CONFLICT`: it is processing, or not in `from`. `REVO_JOB_DUPLICATE`: another
   * job has taken its unique key. Nothing changed.
   */
  requeueJob(reference: JobReference, options?: RequeueOptions): Promise<void>;

  /**
   * Enqueues a scheduled job now. One that is enqueued already stays as it is.
   * @throws `REVO_JOB_NOT_FOUND`. `REVO_JOB_STATE_CONFLICT` in any other state.
   */
  runNow(reference: JobReference, options?: Omit<ActionOptions, "from">): Promise<void>;

  /**
   * Gives a scheduled or enqueued job another time.
   * @throws `REVO_JOB_NOT_FOUND`. `REVO_JOB_STATE_CONFLICT`.
   */
  reschedule(
    reference: JobReference,
    at: Instant | { readonly delay: Duration },
    options?: ActionOptions,
  ): Promise<void>;

  /**
   * Changes an unfinished job that is not processing. A new queue or priority puts it at the tail there. Payload first, then
   * queue and priority; a job that is claimed between the two keeps the new payload only.
   * @throws `REVO_JOB_NOT_FOUND`. `REVO_JOB_STATE_CONFLICT`. `REVO_HANDLER_NOT_FOUND`: a new payload of a type that this
   * process does not know. `REVO_PAYLOAD_*`.
   */
  updateJob(reference: JobReference, update: JobUpdate, options?: ActionOptions): Promise<void>;

  /** No job of the queue is started once this has resolved; running ones go on. Paused already: the new pause replaces it. */
  pauseQueue(queue: string, options: PauseOptions): Promise<void>;
  /** Ends a pause. Not paused: nothing happens. */
  resumeQueue(queue: string, options?: { readonly actor?: string }): Promise<void>;

  /**
   * Does something to all jobs that match, one bounded chunk per call; go on with `after: result.next` until that is `null`.
   * Safe to repeat and to leave off: each job is changed only from a state the action can act on. A job that comes to match
   * while it runs may or may not be met.
   * @throws `REVO_FILTER_REQUIRED`: the query has no field. `REVO_CURSOR_INVALID`: `after` is damaged or another query's.
   */
  apply(action: BulkAction, query: JobQuery, options?: BulkOptions): Promise<BulkResult>;

  /**
   * Waits for the result of a job that somebody enqueued, as its handle does.
   * @throws As `JobHandle.result`; `REVO_JOB_NOT_FOUND`: nobody holds the key.
   */
  waitForResult<TResult = unknown>(
    reference: JobReference,
    options?: ResultOptions,
  ): Promise<TResult>;

  /** The job as it is stored now, decoded; `null`: no such job (any more). */
  getJob(reference: JobReference): Promise<JobSnapshot | null>;
}
