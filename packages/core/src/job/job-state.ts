/** The eight states of a job. Everything finer is `failed` or `deleted` with a stable `reason`. */

export type JobState =
  | "scheduled" | "enqueued" | "awaiting" | "throttled" | "processing"
  | "succeeded" | "failed" | "deleted";
