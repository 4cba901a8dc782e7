import { RevoError } from "../errors.ts";
import type { JobId } from "../job/job-record.ts";
import type { JobHandle } from "./job-handle.ts";

/** What became of one item of `enqueueJobs`. */
export type EnqueueOutcome<TResult = unknown> =
  | { readonly kind: "stored"; readonly job: JobHandle<TResult> }
  /** `id` is what the job has, should the error be `REVO_STORAGE_OUTCOME_UNKNOWN` and the job stored after all. */
  | { readonly kind: "failed"; readonly id: JobId; readonly error: unknown };

/** Some items of `enqueueJobs` were not stored; the others were, and stay so. Code `REVO_BATCH_INCOMPLETE`. */
export class EnqueueJobsError<TResult = unknown> extends RevoError {
  static override readonly name: string = "EnqueueJobsError";
  /** One per item, in order. */
  readonly outcomes: readonly EnqueueOutcome<TResult>[];

  constructor(outcomes: readonly EnqueueOutcome<TResult>[]) {
    const failures = outcomes.filter((outcome) => outcome.kind === "failed");
    super(
      "REVO_BATCH_INCOMPLETE",
      `${failures.length} of ${outcomes.length} jobs were not stored; \`outcomes\` says which and why`,
      { cause: failures[0]?.error },
    );
    this.outcomes = outcomes;
  }
}
