import type { JobId, RecoverReply, RecoverRequest } from "@revojs/core";
import { extrasOf, type JobEntry } from "./job-entry.ts";
import { noteAttempt } from "./job-history.ts";
import { enterEnqueued, enterFinal, enterOldPlace, enterScheduled, leavePlane } from "./planes.ts";
import { loseServer } from "./servers.ts";
import type { Store } from "./store.ts";

/** Takes back the jobs of a server whose beat stood still: compare, lose, return, in one tick. */
export function recover(store: Store, request: RecoverRequest): RecoverReply {
  const nowMs = store.nowMs();
  const lists = { returned: [] as JobId[], failed: [] as JobId[], deleted: [] as JobId[] };
  const server = store.servers.get(request.serverId);
  if (server === undefined) return { kind: "recovered", ...lists, more: false };
  if (!server.lost && server.beat !== request.beat) return { kind: "beat-moved" };
  loseServer(store, server);
  for (let taken = 0; taken < request.limit; taken++) {
    const entry = server.held.first;
    if (entry === undefined) break;
    store.operations++;
    lists[recoverOne(store, entry, { request, nowMs })].push(entry.id);
  }
  const more = server.held.size > 0;
  if (!more) store.servers.remove(server.id);
  store.sleepers.wake(nowMs);
  return { kind: "recovered", ...lists, more };
}

interface Recovery {
  readonly request: RecoverRequest;
  readonly nowMs: number;
}

/** The attempt is given back; only `crashes` bounds how often servers may die with the job. */
function recoverOne(
  store: Store,
  entry: JobEntry,
  recovery: Recovery,
): "returned" | "failed" | "deleted" {
  const { request, nowMs } = recovery;
  const wasStarting = entry.starting;
  const crashes = entry.crashes + (wasStarting || isFirstCrash(entry) ? 1 : 0);
  const end = decideEnd(entry, crashes);
  noteEnd(entry, { end, wasStarting, recovery });
  if (end !== "returned") extrasOf(entry).serverId = request.serverId;
  leavePlane(store, entry);
  entry.attempt--;
  entry.crashes = crashes;
  entry.starting = false;
  // A late settlement of the dead server must not be taken for one that was stored.
  entry.token = undefined;
  switch (end) {
    case "deleted": {
      const retainMs = entry.extras?.deletion?.retainMs ?? 0;
      enterFinal(store, entry, { state: "deleted", reason: "requested", retainMs, nowMs });
      break;
    }
    case "failed":
      extrasOf(entry).fingerprint = request.error.fingerprint;
      enterFinal(store, entry, {
        state: "failed",
        reason: "crash-loop",
        retainMs: request.retainMs,
        nowMs,
      });
      break;
    case "returned":
      if (!wasStarting) enterOldPlace(store, entry);
      else if (request.delayMs > 0) enterScheduled(store, entry, nowMs + request.delayMs);
      else enterEnqueued(store, entry, nowMs);
      break;
  }
  return end;
}

/** A job that crashed never before becomes a suspect, unless it may not crash at all: then only a marked run counts. */
function isFirstCrash(entry: JobEntry): boolean {
  return entry.crashes === 0 && entry.maxCrashes > 0;
}

function decideEnd(entry: JobEntry, crashes: number): "returned" | "failed" | "deleted" {
  if (entry.extras?.deletion !== undefined) return "deleted";
  return crashes > entry.maxCrashes ? "failed" : "returned";
}

function noteEnd(
  entry: JobEntry,
  note: {
    readonly end: "returned" | "failed" | "deleted";
    readonly wasStarting: boolean;
    readonly recovery: Recovery;
  },
): void {
  const { request, nowMs } = note.recovery;
  const { error } = request;
  switch (note.end) {
    case "deleted":
      noteAttempt(entry, { to: "deleted", reason: "requested", nowMs });
      return;
    case "failed":
      noteAttempt(entry, { to: "failed", reason: "crash-loop", error, nowMs });
      return;
    case "returned": {
      const to = note.wasStarting && request.delayMs > 0 ? "scheduled" : "enqueued";
      noteAttempt(entry, { to, reason: "server-lost", error, nowMs });
      return;
    }
  }
}
