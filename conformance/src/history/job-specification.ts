import type { JobState } from "@revojs/core";
import type { JobOperation } from "./job-operation.ts";

/** A job as far as a history tells of it. */
export interface SpecifiedJob {
  readonly state: JobState;
  readonly attempt: number;
  readonly token?: string;
  readonly serverId?: string;
  /** The claim under `token` was settled. */
  readonly isSettled: boolean;
  /** An operator changed the job after that: its token may be known or not. */
  readonly isTouched: boolean;
  readonly isDeletionRequested: boolean;
}

export const NEW_JOB: SpecifiedJob = {
  state: "enqueued",
  attempt: 0,
  isSettled: false,
  isTouched: false,
  isDeletionRequested: false,
};

/**
 * The job after the operation, if it answers so when nothing else goes on at the same time; else `undefined`. Retries and
 * releases of the history are those without delay.
 */
export function after(job: SpecifiedJob, operation: JobOperation): SpecifiedJob | undefined {
  switch (operation.kind) {
    case "claim":
      return afterClaim(job, operation);
    case "settle":
      return afterSettle(job, operation);
    case "recover":
      return afterRecover(job, operation);
    case "delete":
      return afterDelete(job, operation.result);
    case "requeue":
      return afterRequeue(job, operation.result);
    case "read":
      return job.state === operation.state ? job : undefined;
  }
}

function afterClaim(
  job: SpecifiedJob,
  { token, serverId, attempt }: Extract<JobOperation, { kind: "claim" }>,
): SpecifiedJob | undefined {
  if (job.state !== "enqueued" || attempt !== job.attempt + 1) return undefined;
  return { ...NEW_JOB, state: "processing", token, serverId, attempt };
}

function afterSettle(
  job: SpecifiedJob,
  { token, outcome, status }: Extract<JobOperation, { kind: "settle" }>,
): SpecifiedJob | undefined {
  if (job.token !== token) return status === "stale" ? job : undefined;
  if (job.isSettled) {
    return status === "already" || (job.isTouched && status === "stale") ? job : undefined;
  }
  const isDeleted = job.isDeletionRequested && outcome !== "succeed";
  if (status !== (isDeleted ? "deleted" : "settled")) return undefined;
  const ended = { ...job, isSettled: true, isTouched: false, isDeletionRequested: false };
  const refund = outcome === "release" ? 1 : 0;
  return {
    ...ended,
    state: isDeleted ? "deleted" : STATE_AFTER[outcome],
    attempt: job.attempt - refund,
  };
}

const STATE_AFTER = {
  succeed: "succeeded",
  fail: "failed",
  delete: "deleted",
  retry: "enqueued",
  release: "enqueued",
} as const;

function afterRecover(
  job: SpecifiedJob,
  { serverId, result }: Extract<JobOperation, { kind: "recover" }>,
): SpecifiedJob | undefined {
  const isHeld = job.state === "processing" && job.serverId === serverId;
  if (!isHeld) return result === "none" ? job : undefined;
  if (result !== (job.isDeletionRequested ? "deleted" : "returned")) return undefined;
  const state = job.isDeletionRequested ? "deleted" : "enqueued";
  return { ...NEW_JOB, state, attempt: job.attempt - 1 };
}

function afterDelete(job: SpecifiedJob, result: string): SpecifiedJob | undefined {
  if (job.state === "processing") {
    return result === "requested" ? { ...job, isDeletionRequested: true } : undefined;
  }
  return result === "done" ? { ...job, state: "deleted", isTouched: true } : undefined;
}

function afterRequeue(job: SpecifiedJob, result: string): SpecifiedJob | undefined {
  if (job.state === "processing") return result === "conflict" ? job : undefined;
  return result === "done" ? { ...job, state: "enqueued", isTouched: true } : undefined;
}
