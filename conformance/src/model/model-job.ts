import type { JobId, JobState, UniqueKey } from "@revojs/core";

/** What the model knows of a stored job. */
export interface ModelJob {
  readonly id: JobId;
  readonly key: string | undefined;
  readonly scope: UniqueKey["scope"] | undefined;
  readonly maxCrashes: number;
  state: JobState;
  queue: string;
  priority: number;
  payload: string;
  attempt: number;
  crashes: number;
  releases: number;
  /** Its place in its band: lower is earlier. */
  place: number;
  dueMinute: number;
  /** Within a minute: the later command is due later. */
  dueOrder: number;
  expiresMinute: number;
  serverId: string | undefined;
  /** Of the newest claim, until recovery. */
  token: string | undefined;
  /** The newest claim has been settled. */
  isSettled: boolean;
  /** An operator or a replacing job changed it since its settlement; the storage may have let its token go. */
  isTouched: boolean;
  isStarting: boolean;
  isDeletionRequested: boolean;
}

export function isFinal(state: JobState): boolean {
  return state === "succeeded" || state === "failed" || state === "deleted";
}

/** What is compared with the record of the storage. Of a finished job some counters are for display only. */
export function pictureOf(job: ModelJob): Readonly<Record<string, unknown>> {
  const { id, state, queue, priority, payload, attempt, crashes, releases } = job;
  const always = { id, state, queue, priority, payload, attempt };
  if (isFinal(state)) return always;
  const isHeld = state === "processing";
  return {
    ...always,
    crashes,
    releases,
    serverId: isHeld ? job.serverId : undefined,
    isDeletionRequested: isHeld && job.isDeletionRequested,
  };
}
