import type { ClaimedJob, ClaimRequest } from "@revojs/core";
import { ByteBudget } from "./byte-budget.ts";
import type { JobEntry, JobQueue, JobServer } from "./job-entry.ts";
import { enterFinal, enterProcessing, forgetDiscard, leavePlane } from "./planes.ts";
import { promoteDue } from "./promote.ts";
import type { Store } from "./store.ts";

/** Most jobs that one claim clears away (too late, unreadable) before it answers: the event loop must not wait for all. */
const MOST_CLEARED = 1000;

// The one who finishes a job says how long it is kept; of what cannot be read nothing can be asked.
const CORRUPT_RETAIN_MS = 14 * 24 * 60 * 60 * 1000;

/** What a claim gave. */
export interface Claim {
  readonly jobs: readonly ClaimedJob[];
  /** Stopped by a bound of its own: the next claim finds more at once. */
  readonly cutShort: boolean;
}

interface Progress {
  readonly server: JobServer;
  readonly token: string;
  readonly nowMs: number;
  readonly jobs: ClaimedJob[];
  readonly budget: ByteBudget;
  cleared: number;
  cutShort: boolean;
}

/** Promotes what is due, then leases jobs to `server`: queues as listed, in each the lowest band first. */
export function claim(
  store: Store,
  request: ClaimRequest,
  { server, nowMs }: { readonly server: JobServer; readonly nowMs: number },
): Claim {
  promoteDue(store, request.promoteLimit, nowMs);
  const progress: Progress = {
    server,
    token: request.token,
    nowMs,
    jobs: [],
    budget: new ByteBudget(request.maxBytes),
    cleared: 0,
    cutShort: false,
  };
  for (const { queue, limit } of request.queues) {
    const line = store.queues.get(queue);
    const wanted = Math.min(limit, request.limit - progress.jobs.length);
    if (wanted <= 0 || progress.cutShort) break;
    if (line === undefined || line.enqueued === 0 || line.isPaused(nowMs)) continue;
    claimFrom(store, line, { progress, wanted });
  }
  return progress;
}

/** Deletes an enqueued job that nobody claimed in time. */
export function discard(store: Store, entry: JobEntry, nowMs: number): void {
  leavePlane(store, entry);
  enterFinal(store, entry, {
    state: "deleted",
    reason: "expired",
    retainMs: entry.extras?.discardRetainMs ?? 0,
    nowMs,
  });
}

function claimFrom(
  store: Store,
  line: JobQueue,
  { progress, wanted }: { readonly progress: Progress; readonly wanted: number },
): void {
  const full = progress.jobs.length + wanted;
  for (const band of line.bands) {
    let next = band?.first;
    while (next !== undefined && progress.jobs.length < full) {
      if (!take(store, next, progress)) return;
      next = band?.first;
    }
  }
}

/** Leases `entry` or clears it away. @returns `false`: the claim ends before it. */
function take(store: Store, entry: JobEntry, progress: Progress): boolean {
  const { nowMs } = progress;
  store.operations++;
  if (isTooLate(entry, nowMs) || !isReadable(entry)) {
    if (progress.cleared++ >= MOST_CLEARED) return cutShort(progress);
    if (isTooLate(entry, nowMs)) discard(store, entry, nowMs);
    else failCorrupt(store, entry, nowMs);
    return true;
  }
  if (!progress.budget.takes(entry.payload, progress.jobs)) return cutShort(progress);
  leavePlane(store, entry);
  if (entry.extras !== undefined) {
    forgetDiscard(store, entry);
    store.uniqueKeys.release(entry, "started");
  }
  entry.attempt++;
  enterProcessing(entry, progress);
  progress.jobs.push(toClaimedJob(entry, nowMs));
  return true;
}

/** The reply's view of a job that was just leased. */
export function toClaimedJob(entry: JobEntry, nowMs: number): ClaimedJob {
  return {
    id: entry.id,
    type: entry.type,
    queue: entry.line.name,
    priority: entry.priority,
    payload: entry.payload,
    envelope: entry.envelope,
    maxAttempts: entry.maxAttempts,
    maxCrashes: entry.maxCrashes,
    attempt: entry.attempt,
    crashes: entry.crashes,
    releases: entry.releases,
    waitedMs: Math.max(0, nowMs - (entry.enqueuedAtMs ?? nowMs)),
  };
}

function cutShort(progress: Progress): false {
  progress.cutShort = true;
  return false;
}

function isTooLate(entry: JobEntry, nowMs: number): boolean {
  const discardAtMs = entry.extras?.discard?.atMs;
  return discardAtMs !== undefined && discardAtMs <= nowMs;
}

/** An adapter reads what others may have written; here only a caller without types, or the test hook, can store such a thing. */
export function isReadable(entry: JobEntry): boolean {
  return typeof entry.payload === "string" && typeof entry.envelope === "string";
}

function failCorrupt(store: Store, entry: JobEntry, nowMs: number): void {
  leavePlane(store, entry);
  enterFinal(store, entry, {
    state: "failed",
    reason: "corrupt",
    retainMs: CORRUPT_RETAIN_MS,
    nowMs,
  });
}
