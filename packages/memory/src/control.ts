import type { ControlRequest, ControlResult, IJobControl, JobState } from "@revojs/core";
import { copyOfTags, extrasOf, type JobEntry } from "./job-entry.ts";
import { noteAct } from "./job-history.ts";
import { enterEnqueued, enterFinal, enterScheduled, leavePlane } from "./planes.ts";
import { dueAtOf } from "./start-time.ts";
import type { Store } from "./store.ts";

type RequestOf<TMethod extends "delete" | "requeue" | "reschedule" | "move" | "replaceContent"> =
  Parameters<IJobControl[TMethod]>[0];

const DONE: ControlResult = Object.freeze({ kind: "done" });
const REQUESTED: ControlResult = Object.freeze({ kind: "requested" });
const NOT_FOUND: ControlResult = Object.freeze({ kind: "not-found" });

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
export function deleteJobs(store: Store, request: RequestOf<"delete">): readonly ControlResult[] {
  return actOnEach(store, request, {
    from: ALL,
    isSo: (entry) => entry.state === "deleted",
    act: (entry, nowMs) => {
      if (entry.state === "processing") return markDeletion(store, entry, { request, nowMs });
      noteAct(entry, "deleted", { ...request, nowMs });
      leavePlane(store, entry);
      enterFinal(store, entry, {
        state: "deleted",
        reason: "requested",
        retainMs: request.retainMs,
        nowMs,
      });
      return DONE;
    },
  });
}

/** To the tail of its band. A final job needs its unique key again. */
export function requeueJobs(store: Store, request: RequestOf<"requeue">): readonly ControlResult[] {
  return actOnEach(store, request, {
    from: NOT_PROCESSING,
    // Twice may run it twice, so here `from` comes first.
    isSo: (entry) => entry.state === "enqueued" && (request.from?.includes("enqueued") ?? true),
    act: (entry, nowMs) => {
      if (!WAITING.includes(entry.state)) {
        const holder = otherHolder(store, entry, nowMs);
        if (holder !== undefined) return { kind: "duplicate", jobId: holder };
        store.uniqueKeys.take(entry, nowMs);
      }
      noteAct(entry, "enqueued", { ...request, nowMs });
      leavePlane(store, entry);
      beginAnew(entry);
      if (request.resetAttempts) entry.attempt = 0;
      enterEnqueued(store, entry, nowMs);
      return DONE;
    },
  });
}

/** To another time. */
export function rescheduleJobs(
  store: Store,
  request: RequestOf<"reschedule">,
): readonly ControlResult[] {
  return actOnEach(store, request, {
    from: TIMED,
    isSo: () => false,
    act: (entry, nowMs) => {
      const dueAtMs = dueAtOf(request.start, nowMs);
      if (dueAtMs === undefined && entry.state === "enqueued") return DONE;
      noteAct(entry, dueAtMs === undefined ? "enqueued" : "scheduled", { ...request, nowMs });
      leavePlane(store, entry);
      if (dueAtMs === undefined) enterEnqueued(store, entry, nowMs);
      else enterScheduled(store, entry, dueAtMs);
      return DONE;
    },
  });
}

/** To the tail of another queue or band; a job that is not enqueued keeps waiting for what it waits for. */
export function moveJobs(store: Store, request: RequestOf<"move">): readonly ControlResult[] {
  return actOnEach(store, request, {
    from: WAITING,
    isSo: () => false,
    act: (entry, nowMs) => {
      const { queue = entry.line.name, priority = entry.priority } = request;
      noteAct(entry, entry.state, { ...request, nowMs });
      // Who is there already keeps its place.
      if (queue !== entry.line.name || priority !== entry.priority) {
        moveTo(store, entry, { queue, priority, nowMs });
      }
      return DONE;
    },
  });
}

/** New content in the same place. */
export function replaceContent(
  store: Store,
  request: RequestOf<"replaceContent">,
): readonly ControlResult[] {
  return actOnEach(store, request, {
    from: WAITING,
    isSo: () => false,
    act: (entry, nowMs) => {
      noteAct(entry, entry.state, { ...request, nowMs });
      entry.payload = request.payload;
      entry.envelope = request.envelope;
      entry.tags = copyOfTags(request.tags);
      entry.maxAttempts = request.maxAttempts;
      return DONE;
    },
  });
}

interface Action {
  /** States the method speaks of. */
  readonly from: readonly JobState[];
  /** Nothing is left to do: `done` whatever `from` says, since a repeated call must not turn a success into a conflict. */
  readonly isSo: (entry: JobEntry) => boolean;
  readonly act: (entry: JobEntry, nowMs: number) => ControlResult;
}

function actOnEach(
  store: Store,
  request: ControlRequest,
  action: Action,
): readonly ControlResult[] {
  const nowMs = store.nowMs();
  const results = request.ids.map((id): ControlResult => {
    store.operations++;
    const entry = store.jobs.get(id);
    if (entry === undefined) return NOT_FOUND;
    const { state } = entry;
    if (!action.from.includes(state)) return { kind: "conflict", state };
    if (action.isSo(entry)) return DONE;
    if (request.from !== undefined && !request.from.includes(state))
      return { kind: "conflict", state };
    return action.act(entry, nowMs);
  });
  store.sleepers.wake(nowMs);
  return results;
}

function markDeletion(
  store: Store,
  entry: JobEntry,
  { request, nowMs }: { readonly request: RequestOf<"delete">; readonly nowMs: number },
): ControlResult {
  const extras = extrasOf(entry);
  if (extras.deletion === undefined) {
    noteAct(entry, "processing", { ...request, nowMs });
    extras.deletion = { atMs: nowMs, retainMs: request.retainMs };
    entry.server?.marked.add(entry);
  }
  if (entry.server !== undefined) store.sleepers.tell(entry.server.id, "control");
  return REQUESTED;
}

function moveTo(
  store: Store,
  entry: JobEntry,
  to: { readonly queue: string; readonly priority: number; readonly nowMs: number },
): void {
  const { state } = entry;
  const line = store.queue(to.queue);
  if (state === "enqueued") leavePlane(store, entry);
  if (state === "scheduled" || state === "awaiting" || state === "throttled") {
    entry.line[state]--;
    line[state]++;
  }
  entry.line = line;
  entry.priority = to.priority;
  if (state === "enqueued") enterEnqueued(store, entry, to.nowMs);
}

function otherHolder(store: Store, entry: JobEntry, nowMs: number): string | undefined {
  const key = entry.extras?.unique?.key;
  const holder = key === undefined ? undefined : store.uniqueKeys.holder(key, nowMs);
  return holder === entry.id ? undefined : holder;
}

/** What the former life of a requeued job left behind, its history and its key aside. */
function beginAnew(entry: JobEntry): void {
  entry.crashes = 0;
  entry.releases = 0;
  if (entry.extras === undefined) return;
  entry.extras.deletion = undefined;
  entry.extras.reason = undefined;
  entry.extras.result = undefined;
  entry.extras.serverId = undefined;
  entry.extras.progress = undefined;
}
