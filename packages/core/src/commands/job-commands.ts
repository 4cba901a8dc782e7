import type { Instant } from "../job/instant.ts";
import type { EnqueueOptions } from "../job/enqueue-options.ts";
import type { JobInstance } from "../scheduler/job-scheduler.ts";
import type { JobReference } from "../scheduler/job-reference.ts";
import { Command } from "./command.ts";

/** Options of a job command. */
export interface JobCommandOptions extends Omit<EnqueueOptions, "uniqueKey"> {
  /**
   * Makes the command idempotent: while a job with this key is kept, finished or not, no other is stored, and the answer is
   * that job's id. What a saga needs, whose events come again. A deleted job frees its key at once, so a saga that has deleted
   * one must itself remember not to ask for it again. Short for a unique key of scope `retained`; not together with
   * `uniqueKey`.
   */
  readonly key?: string;
  readonly uniqueKey?: EnqueueOptions["uniqueKey"];
}

/** Puts a job, or a command to be carried out by one, into its queue. Answers the job's id. */
export class EnqueueJobCommand<TJob extends object> extends Command<string> {
  static readonly type = "revo.enqueue-job";
  readonly job: TJob;
  readonly options: JobCommandOptions;

  constructor(job: TJob & JobInstance<TJob>, options: JobCommandOptions = {}) {
    super();
    this.job = job;
    this.options = options;
  }
}

/** Schedules a job, or a command to be carried out by one, for an instant. Answers the job's id. */
export class ScheduleJobCommand<TJob extends object> extends Command<string> {
  static readonly type = "revo.schedule-job";
  readonly job: TJob;
  readonly at: Instant;
  readonly options: Omit<JobCommandOptions, "delay" | "runAt">;

  constructor(
    job: TJob & JobInstance<TJob>,
    at: Instant,
    options: Omit<JobCommandOptions, "delay" | "runAt"> = {},
  ) {
    super();
    this.job = job;
    this.at = at;
    this.options = options;
  }
}

/** Deletes a job, by id or by the key it was enqueued with. Answers whether there was anything to prevent. */
export class DeleteJobCommand extends Command<boolean> {
  static readonly type = "revo.delete-job";
  readonly reference: JobReference;

  constructor(reference: JobReference) {
    super();
    this.reference = reference;
  }
}
