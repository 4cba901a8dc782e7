import type {
  IJobMonitor,
  JobFilter,
  JobRecord,
  JobState,
  QueueRecord,
  ServerRecord,
} from "@revojs/core";
import { compileFilter } from "./job-filter.ts";
import type { JobQueue } from "./job-entry.ts";
import { toRecord } from "./job-record.ts";
import type { Store } from "./store.ts";

type Outcome = Awaited<ReturnType<IJobMonitor["outcomes"]>>[number];
type CountOptions = Parameters<IJobMonitor["count"]>[1];
type Count = Awaited<ReturnType<IJobMonitor["count"]>>;

/** Most queues or servers listed, and the highest number told of a queue's jobs. */
const MOST_LISTED = 10_000;
/** Jobs looked at for a suggestion. */
const SAMPLE = 10_000;

/** By id, with texts and history. */
export function getJobs(store: Store, ids: readonly string[]): readonly (JobRecord | null)[] {
  return ids.map((id) => {
    const entry = store.jobs.get(id);
    return entry === undefined ? null : toRecord(entry, "full");
  });
}

export function holders(store: Store, uniqueKeys: readonly string[]): readonly (string | null)[] {
  const nowMs = store.nowMs();
  return uniqueKeys.map((key) => store.uniqueKeys.holder(key, nowMs) ?? null);
}

export function outcomes(store: Store, ids: readonly string[]): readonly Outcome[] {
  return ids.map((id) => {
    const entry = store.jobs.get(id);
    if (entry === undefined || entry.finishedAtMs === undefined) return null;
    const result = entry.extras?.result;
    return { state: entry.state, ...(result !== undefined && { result }) };
  });
}

/** Exact without looking at a job when only states are asked for. */
export function countJobs(store: Store, filter: JobFilter, options: CountOptions): Count {
  options.signal?.throwIfAborted();
  const counted = countByState(store, filter);
  if (counted !== undefined) {
    return { count: Math.min(counted, options.atMost), exact: counted <= options.atMost };
  }
  const matches = compileFilter(filter);
  let count = 0;
  for (const entry of store.jobs.values()) {
    store.operations++;
    if (!matches(entry)) continue;
    if (count >= options.atMost) return { count, exact: false };
    count++;
  }
  return { count, exact: true };
}

/** Queues with unfinished jobs or a pause, by name. */
export function listQueues(store: Store): readonly QueueRecord[] {
  const nowMs = store.nowMs();
  return [...store.queues.values()]
    .filter((line) => line.isPaused(nowMs) || line.unfinished > 0)
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
    .slice(0, MOST_LISTED)
    .map((line) => toQueueRecord(line, nowMs));
}

export function listServers(store: Store): readonly ServerRecord[] {
  return store.servers.sorted(MOST_LISTED).map((server) => ({
    serverId: server.id,
    leaseMs: server.leaseMs,
    info: server.info,
    beat: server.beat,
    beatAt: new Date(server.beatAtMs),
    desired: server.desired,
    lost: server.lost,
    processing: server.held.size,
  }));
}

/** From a sample of the newest jobs. */
export function suggest(
  store: Store,
  field: "types" | "tags",
  { prefix, limit }: { readonly prefix: string; readonly limit: number },
): readonly string[] {
  const found = new Set<string>();
  let looked = 0;
  for (const entry of store.byId.descending()) {
    if (looked++ >= SAMPLE) break;
    for (const value of field === "types" ? [entry.type] : entry.tags) {
      if (value.startsWith(prefix)) found.add(value);
    }
  }
  return [...found].toSorted().slice(0, limit);
}

function countByState(store: Store, filter: JobFilter): number | undefined {
  const { states, ...others } = filter;
  if (Object.keys(others).length > 0) return undefined;
  if (states === undefined) return store.jobs.size;
  let count = 0;
  for (const state of new Set(states)) count += countOf(store, state);
  return count;
}

function countOf(store: Store, state: JobState): number {
  if (state === "succeeded" || state === "failed" || state === "deleted")
    return store.finished.count(state);
  let count = 0;
  for (const line of store.queues.values()) count += line[state];
  return count;
}

function toQueueRecord(line: JobQueue, nowMs: number): QueueRecord {
  return {
    queue: line.name,
    counts: {
      scheduled: Math.min(line.scheduled, MOST_LISTED),
      enqueued: Math.min(line.enqueued, MOST_LISTED),
      awaiting: Math.min(line.awaiting, MOST_LISTED),
      throttled: Math.min(line.throttled, MOST_LISTED),
      processing: Math.min(line.processing, MOST_LISTED),
    },
    oldestWaitMs: oldestWaitMs(line, nowMs),
    ...(line.pause !== undefined && { pause: toPause(line.pause, nowMs) }),
  };
}

function toPause(
  pause: NonNullable<JobQueue["pause"]>,
  nowMs: number,
): NonNullable<QueueRecord["pause"]> {
  return {
    since: new Date(pause.sinceMs),
    actor: pause.actor,
    reason: pause.reason,
    ...(pause.endsAtMs !== undefined && { endsInMs: Math.ceil(pause.endsAtMs - nowMs) }),
  };
}

function oldestWaitMs(line: JobQueue, nowMs: number): number | null {
  let oldestMs = Infinity;
  for (const band of line.bands)
    oldestMs = Math.min(oldestMs, band?.first?.enqueuedAtMs ?? Infinity);
  return oldestMs === Infinity ? null : Math.max(0, nowMs - oldestMs);
}
