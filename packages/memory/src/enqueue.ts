import type {
  EnqueueRequest,
  EnqueueResult,
  JobId,
  NewJob,
  TimedStart,
  UniqueKey,
} from "@revojs/core";
import { copyOfTags, extrasOf, JobEntry } from "./job-entry.ts";
import { enterEnqueued, enterScheduled, leavePlane } from "./planes.ts";
import { dueAtOf } from "./start-time.ts";
import type { Store } from "./store.ts";

// Replies are never changed by whoever gets them, so that those without content can be shared.
const CREATED: EnqueueResult = Object.freeze({ kind: "created" });
const EXISTS: EnqueueResult = Object.freeze({ kind: "exists" });
const PARENT_UNKNOWN: EnqueueResult = Object.freeze({ kind: "rejected", reason: "parent-unknown" });

/** Stores new jobs, one after the other, and wakes a few who sleep for them. `mayExist` is as good as given: all ids are at hand. */
export function enqueue(store: Store, request: EnqueueRequest): readonly EnqueueResult[] {
  const nowMs = store.nowMs();
  const results = request.jobs.map((job) => enqueueOne(store, job, nowMs));
  store.sleepers.wake(nowMs);
  return results;
}

function enqueueOne(store: Store, job: NewJob, nowMs: number): EnqueueResult {
  if (store.jobs.has(job.id)) return EXISTS;
  // Without the facet `workflows` there are no parents.
  if (job.start.kind === "after") return PARENT_UNKNOWN;
  if (job.unique !== undefined) {
    const jobId = store.uniqueKeys.holder(job.unique.key, nowMs);
    if (jobId !== undefined)
      return meetHolder(store, { job, unique: job.unique, start: job.start, jobId, nowMs });
  }
  const entry = new JobEntry(job, store.queue(job.queue), nowMs);
  if (hasExtras(job)) addExtras(entry, job);
  store.jobs.set(entry.id, entry);
  store.byId.add(entry);
  if (job.unique !== undefined) store.uniqueKeys.take(entry, nowMs);
  begin(store, entry, { start: job.start, nowMs });
  return CREATED;
}

function begin(
  store: Store,
  entry: JobEntry,
  { start, nowMs }: { readonly start: TimedStart; readonly nowMs: number },
): void {
  const dueAtMs = dueAtOf(start, nowMs);
  if (dueAtMs === undefined) enterEnqueued(store, entry, nowMs);
  else enterScheduled(store, entry, dueAtMs);
}

interface Meeting {
  readonly job: NewJob;
  readonly unique: UniqueKey;
  readonly start: TimedStart;
  readonly jobId: JobId;
  readonly nowMs: number;
}

function meetHolder(store: Store, { job, unique, start, jobId, nowMs }: Meeting): EnqueueResult {
  const holder = store.jobs.get(jobId);
  if (unique.onConflict === "keep" || holder === undefined || !isReplaceable(holder)) {
    return { kind: "duplicate", jobId };
  }
  leavePlane(store, holder);
  holder.payload = job.payload;
  holder.envelope = job.envelope;
  holder.tags = copyOfTags(job.tags);
  holder.priority = job.priority;
  begin(store, holder, { start, nowMs });
  return { kind: "replaced", jobId };
}

function isReplaceable(holder: JobEntry): boolean {
  return (
    holder.state === "scheduled" || holder.state === "enqueued" || holder.state === "throttled"
  );
}

function hasExtras(job: NewJob): boolean {
  return (
    job.unique !== undefined ||
    job.discardAfterMs !== undefined ||
    job.limit !== undefined ||
    job.group !== undefined ||
    job.batchId !== undefined
  );
}

function addExtras(entry: JobEntry, job: NewJob): void {
  const extras = extrasOf(entry);
  if (job.unique !== undefined) extras.unique = { ...job.unique };
  if (job.discardAfterMs !== undefined) extras.discardAfterMs = job.discardAfterMs;
  if (job.discardRetainMs !== undefined) extras.discardRetainMs = job.discardRetainMs;
  if (job.limit !== undefined) extras.limit = { ...job.limit };
  if (job.group !== undefined) extras.group = { ...job.group };
  if (job.batchId !== undefined) extras.batchId = job.batchId;
}
