import type { ControlRequest, ControlResult, IJobControl, JobState } from "@revojs/core";
import type { CallProgress } from "../call.ts";
import type { JobDocument } from "../documents.ts";
import { isHeld, heldKeyOf } from "../job-document.ts";
import type { Store } from "../store.ts";
import { dueAtOf } from "../times.ts";
import { endJob, JobChange } from "../transitions.ts";
import { type Act, actOnEach, DONE, type JobInView } from "./act-on-each.ts";

type RequestOf<TMethod extends "delete" | "requeue" | "reschedule" | "move" | "replaceContent"> =
  Parameters<IJobControl[TMethod]>[0];

const REQUESTED: ControlResult = Object.freeze({ kind: "requested" });

const ALL: readonly JobState[] = [
  "scheduled",
  "enqueued",
  "awaiting",
  "throttled",
  "processing",
  "succeeded",
  "failed",
  "deleted",
];
const NOT_PROCESSING = ALL.filter((state) => state !== "processing");
const WAITING: readonly JobState[] = ["scheduled", "enqueued", "awaiting", "throttled"];
const TIMED: readonly JobState[] = ["scheduled", "enqueued"];

/** To deleted; a processing job is marked only. */
export function deleteJobs(
  store: Store,
  request: RequestOf<"delete">,
  progress: CallProgress,
): Promise<readonly ControlResult[]> {
  return actOnEach(store, request, progress, {
    from: ALL,
    isSo: ({ state }) => state === "deleted",
    act: (job, nowMs) => {
      if (job.state === "processing") return markDeletion(job, request, nowMs);
      const change = new JobChange(nowMs).note(actOf(job, "deleted", request));
      const ending = {
        state: "deleted",
        reason: "requested",
        retainMs: request.retainMs,
      } as const;
      return { write: endJob(change, job, ending, nowMs), result: DONE };
    },
  });
}

/** To the tail of its band. A final job needs its unique key again. */
export function requeueJobs(
  store: Store,
  request: RequestOf<"requeue">,
  progress: CallProgress,
): Promise<readonly ControlResult[]> {
  return actOnEach(store, request, progress, {
    from: NOT_PROCESSING,
    // Twice may run it twice, so here `from` comes first.
    isSo: ({ state }) => state === "enqueued" && (request.from?.includes("enqueued") ?? true),
    act: (job, nowMs) => {
      const change = beginAnew(job, nowMs).note(actOf(job, "enqueued", request));
      if (request.resetAttempts) change.set({ attempt: 0 });
      if (job.unique !== undefined && !WAITING.includes(job.state as JobState)) {
        const others = (job.keys ?? []).filter((key) => key.v !== job.unique?.key);
        change.set({
          keys: [...others.filter((key) => isHeld(key, nowMs)), heldKeyOf(job.unique, nowMs)],
          ...(job.unique.scope === "window" && { lingers: true }),
        });
      }
      return { write: change.enqueue(job).toWrite(), result: DONE, fed: job.queue };
    },
  });
}

/** To another time. */
export function rescheduleJobs(
  store: Store,
  request: RequestOf<"reschedule">,
  progress: CallProgress,
): Promise<readonly ControlResult[]> {
  return actOnEach(store, request, progress, {
    from: TIMED,
    isSo: () => false,
    act: (job, nowMs) => {
      const dueAt = dueAtOf(request.start, nowMs);
      if (dueAt === undefined && job.state === "enqueued") return { result: DONE };
      const change = new JobChange(nowMs);
      change.note(actOf(job, dueAt === undefined ? "enqueued" : "scheduled", request));
      if (dueAt !== undefined)
        return { write: change.schedule(dueAt).toWrite(), result: DONE, dueAt };
      return { write: change.enqueue(job).toWrite(), result: DONE, fed: job.queue };
    },
  });
}

/** To the tail of another queue or band; a job that is not enqueued keeps waiting for what it waits for. */
export function moveJobs(
  store: Store,
  request: RequestOf<"move">,
  progress: CallProgress,
): Promise<readonly ControlResult[]> {
  return actOnEach(store, request, progress, {
    from: WAITING,
    isSo: () => false,
    act: (job, nowMs) => {
      const { queue = job.queue, priority = job.priority } = request;
      const change = new JobChange(nowMs).note(actOf(job, job.state as JobState, request));
      // Who is there already keeps its place.
      if (queue === job.queue && priority === job.priority)
        return { write: change.toWrite(), result: DONE };
      change.set({ queue, priority });
      if (job.state !== "enqueued") return { write: change.toWrite(), result: DONE };
      return { write: change.enqueue(job).toWrite(), result: DONE, fed: queue };
    },
  });
}

/** New content in the same place. */
export function replaceContent(
  store: Store,
  request: RequestOf<"replaceContent">,
  progress: CallProgress,
): Promise<readonly ControlResult[]> {
  return actOnEach(store, request, progress, {
    from: WAITING,
    isSo: () => false,
    act: (job, nowMs) => {
      const { payload, envelope, tags, maxAttempts } = request;
      const change = new JobChange(nowMs)
        .note(actOf(job, job.state as JobState, request))
        .set({ payload, envelope, maxAttempts });
      if (tags.length > 0) change.set({ tags });
      else change.unset("tags");
      return { write: change.toWrite(), result: DONE };
    },
  });
}

function markDeletion(job: JobInView, request: RequestOf<"delete">, nowMs: number): Act {
  const tells = job.server === undefined ? {} : { tells: job.server };
  if (job.deletion !== undefined) return { result: REQUESTED, ...tells };
  const change = new JobChange(nowMs)
    .note(actOf(job, "processing", request))
    .set({ deletion: { at: new Date(nowMs), retainMs: request.retainMs } });
  return { write: change.toWrite(), result: REQUESTED, ...tells };
}

/** Without what the former life of a requeued job left behind, its history and its key aside. */
function beginAnew({ state }: JobInView, nowMs: number): JobChange {
  const change = new JobChange(nowMs).unset(
    "crashes",
    "releases",
    "deletion",
    "reason",
    "result",
    "progress",
    "finishedAt",
    "expiresAt",
  );
  return WAITING.includes(state as JobState) ? change : change.unset("server");
}

function actOf(
  { state, attempt }: Pick<JobDocument, "state" | "attempt">,
  to: JobState,
  { actor, reason }: Pick<ControlRequest, "actor" | "reason">,
): Parameters<JobChange["note"]>[0] {
  return { from: state as JobState, to, attempt, actor, reason };
}
