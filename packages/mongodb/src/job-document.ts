import type { NewJob, TimedStart, UniqueKey } from "@revojs/core";
import { type Binary, Timestamp } from "mongodb";
import type { HeldKey, JobDocument } from "./documents.ts";
import { after, dueAtOf } from "./times.ts";

/** The server replaces it by the time of the insert: the order of arrival is its own. */
const STAMPED_BY_SERVER = new Timestamp({ t: 0, i: 0 });

/** A new job as it is stored. `start` is when it starts, `_id` its id. */
export function toDocument(
  job: NewJob,
  {
    _id,
    start,
    nowMs,
  }: { readonly _id: Binary; readonly start: TimedStart; readonly nowMs: number },
): JobDocument {
  const dueAt = dueAtOf(start, nowMs);
  const document: JobDocument = {
    _id,
    rev: 0,
    state: dueAt === undefined ? "enqueued" : "scheduled",
    queue: job.queue,
    priority: job.priority,
    order: STAMPED_BY_SERVER,
    type: job.type,
    payload: job.payload,
    envelope: job.envelope,
    maxAttempts: job.maxAttempts,
    maxCrashes: job.maxCrashes,
    attempt: 0,
    createdAt: new Date(nowMs),
  };
  // Assigned one by one: nearly every job has none of the others, and a spread for each would be made for nothing.
  const target = document as { -readonly [K in keyof JobDocument]: JobDocument[K] };
  if (dueAt === undefined) target.enqueuedAt = document.createdAt;
  else target.dueAt = dueAt;
  if (job.tags.length > 0) target.tags = job.tags;
  if (job.unique !== undefined) addUnique(target, job.unique, nowMs);
  if (job.discardAfterMs !== undefined) {
    target.discardAfterMs = job.discardAfterMs;
    if (dueAt === undefined) target.discardAt = after(nowMs, job.discardAfterMs);
  }
  if (job.discardRetainMs !== undefined) target.discardRetainMs = job.discardRetainMs;
  if (job.limit !== undefined) target.limit = { name: job.limit.name, key: job.limit.key };
  if (job.group !== undefined) target.group = { key: job.group.key, weight: job.group.weight };
  if (job.batchId !== undefined) target.batchId = job.batchId;
  return document;
}

/** The key that a job holds from now on. */
export function heldKeyOf(
  unique: Pick<UniqueKey, "key" | "scope" | "windowMs">,
  nowMs: number,
): HeldKey {
  const { key, scope, windowMs } = unique;
  return scope === "window"
    ? { v: key, scope, until: after(nowMs, windowMs ?? 0) }
    : { v: key, scope };
}

/** Whether the key is held at this time: a window ends without anybody writing it down. */
export function isHeld(key: HeldKey, nowMs: number): boolean {
  return key.until === undefined || key.until.getTime() > nowMs;
}

function addUnique(
  target: { -readonly [K in keyof JobDocument]: JobDocument[K] },
  unique: UniqueKey,
  nowMs: number,
): void {
  const { key, scope, windowMs } = unique;
  target.unique = windowMs === undefined ? { key, scope } : { key, scope, windowMs };
  target.keys = [heldKeyOf(unique, nowMs)];
  if (scope === "window") target.lingers = true;
}
