/** The eight states of a job. Everything finer is `failed` or `deleted` with a stable `reason`. */
export type JobState =
  | "scheduled"
  | "enqueued"
  | "awaiting"
  | "throttled"
  | "processing"
  | "succeeded"
  | "failed"
  | "deleted";

/** All states, in the order a job may meet them. */
export const jobStates: readonly JobState[] = Object.freeze([
  "scheduled",
  "enqueued",
  "awaiting",
  "throttled",
  "processing",
  "succeeded",
  "failed",
  "deleted",
]);

/** The states in which a job has come to its end. Only an operator's requeue leads out of them. */
export const finalStates: readonly JobState[] = Object.freeze(["succeeded", "failed", "deleted"]);

/** Whether a job in this state has come to its end. */
export function isFinal(state: JobState): boolean {
  return state === "succeeded" || state === "failed" || state === "deleted";
}

/** The closed table: what is not here cannot happen. */
const transitions: Readonly<Record<JobState | "new", readonly JobState[]>> = {
  new: ["scheduled", "enqueued", "awaiting"],
  scheduled: ["enqueued", "deleted"],
  enqueued: ["processing", "scheduled", "throttled", "deleted"],
  throttled: ["enqueued", "scheduled", "deleted"],
  awaiting: ["scheduled", "enqueued", "deleted"],
  processing: ["succeeded", "failed", "scheduled", "enqueued", "deleted"],
  succeeded: ["enqueued", "deleted"],
  failed: ["enqueued", "deleted"],
  deleted: ["enqueued"],
};

/** Whether a job may go from one state to the other. `new` is a job that is not stored yet. */
export function canTransition(from: JobState | "new", to: JobState): boolean {
  return transitions[from].includes(to);
}
