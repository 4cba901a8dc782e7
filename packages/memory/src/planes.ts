import type { FinalState } from "./finished-jobs.ts";
import { extrasOf, type JobEntry, type JobServer } from "./job-entry.ts";
import type { Store } from "./store.ts";

// A job stands in one plane at a time. Whoever moves it calls `leavePlane`, then one of the `enter` functions, within one tick.

/** To the tail of its band. */
export function enterEnqueued(store: Store, entry: JobEntry, nowMs: number): void {
  entry.enqueuedAtMs = nowMs;
  entry.sequence = store.nextSequence();
  entry.dueAtMs = undefined;
  enterOldPlace(store, entry);
  if (entry.extras?.discardAfterMs !== undefined) watchDiscard(store, entry, nowMs);
}

/** To where it was in its band before it was claimed: it comes before all that was behind it. */
export function enterOldPlace(store: Store, entry: JobEntry): void {
  entry.state = "enqueued";
  entry.line.push(entry);
  store.sleepers.fed(entry.line);
}

/** To wait for a time. The time to be claimed in begins anew when it is enqueued. */
export function enterScheduled(store: Store, entry: JobEntry, dueAtMs: number): void {
  forgetDiscard(store, entry);
  entry.state = "scheduled";
  entry.dueAtMs = dueAtMs;
  entry.sequence = store.nextSequence();
  store.due.push(entry);
  entry.line.scheduled++;
  if (store.due.first === entry) store.sleepers.dueSooner();
}

/** To `server`, under `token`. */
export function enterProcessing(
  entry: JobEntry,
  {
    server,
    token,
    nowMs,
  }: { readonly server: JobServer; readonly token: string; readonly nowMs: number },
): void {
  entry.state = "processing";
  entry.token = token;
  entry.server = server;
  entry.starting = false;
  entry.startedAtMs = nowMs;
  entry.ringAt = server.held.push(entry);
  entry.line.processing++;
}

/** How a job ended. */
export interface Ending {
  readonly state: FinalState;
  readonly reason?: string;
  /** 0: it is dropped at once. */
  readonly retainMs: number;
  readonly nowMs: number;
}

/** To its end. Frees the unique key where its scope ends here. */
export function enterFinal(store: Store, entry: JobEntry, ending: Ending): void {
  forgetDiscard(store, entry);
  entry.state = ending.state;
  entry.releases = 0;
  entry.dueAtMs = undefined;
  entry.finishedAtMs = ending.nowMs;
  entry.retainMs = ending.retainMs;
  if (ending.state !== "failed") entry.crashes = 0;
  if (ending.reason !== undefined) extrasOf(entry).reason = ending.reason;
  if (ending.retainMs <= 0) {
    forget(store, entry);
    return;
  }
  store.uniqueKeys.release(entry, ending.state === "deleted" ? "deleted" : "finished");
  entry.sequence = store.nextSequence();
  store.finished.add(entry);
  if (store.finished.size > store.settings.maxFinished) dropOldest(store);
}

/** Takes the job out of the structure of its present state, whatever that is. */
export function leavePlane(store: Store, entry: JobEntry): void {
  switch (entry.state) {
    case "enqueued":
      entry.line.remove(entry);
      return;
    case "scheduled":
      store.due.remove(entry);
      entry.line.scheduled--;
      return;
    case "processing":
      entry.server?.held.remove(entry.ringAt);
      if (entry.extras?.deletion !== undefined) entry.server?.marked.delete(entry);
      entry.server = undefined;
      entry.ringAt = -1;
      entry.line.processing--;
      return;
    case "awaiting":
      entry.line.awaiting--;
      return;
    case "throttled":
      entry.line.throttled--;
      return;
    case "succeeded":
    case "failed":
    case "deleted":
      store.finished.remove(entry);
      entry.finishedAtMs = undefined;
      // Its queue may have been forgotten as idle meanwhile.
      entry.line = store.queue(entry.line.name);
      return;
  }
}

/** Removes a finished job, id and all. */
export function dropFinished(store: Store, entry: JobEntry): void {
  store.finished.remove(entry);
  forget(store, entry);
}

/** From now on nothing but its end discards the job. */
export function forgetDiscard(store: Store, entry: JobEntry): void {
  const discard = entry.extras?.discard;
  if (discard === undefined) return;
  store.discards.remove(discard);
  extrasOf(entry).discard = undefined;
}

function watchDiscard(store: Store, entry: JobEntry, enqueuedAtMs: number): void {
  const extras = extrasOf(entry);
  if (entry.startedAtMs !== undefined || extras.discard !== undefined) return;
  extras.discard = { entry, atMs: enqueuedAtMs + (extras.discardAfterMs ?? 0), heapAt: -1 };
  store.discards.push(extras.discard);
}

function dropOldest(store: Store): void {
  const oldest = store.finished.oldest;
  if (oldest !== undefined) dropFinished(store, oldest);
}

function forget(store: Store, entry: JobEntry): void {
  store.uniqueKeys.release(entry, "dropped");
  store.jobs.delete(entry.id);
  store.byId.remove(entry);
}
