import type { FindRequest, JobHistoryEntry, JobRecord } from "@revojs/core";
import { isReadable } from "./claim.ts";
import type { HistoryEntry, JobEntry, JobExtras } from "./job-entry.ts";

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** The job as readers see it. Everything in it is theirs: changing it changes nothing stored. */
export function toRecord(entry: JobEntry, detail: FindRequest["detail"]): JobRecord {
  const record: Writable<JobRecord> = {
    id: entry.id,
    type: entry.type,
    queue: entry.line.name,
    priority: entry.priority,
    tags: [...entry.tags],
    maxAttempts: entry.maxAttempts,
    maxCrashes: entry.maxCrashes,
    state: entry.state,
    attempt: entry.attempt,
    crashes: entry.crashes,
    releases: entry.releases,
    createdAt: new Date(entry.createdAtMs),
  };
  addTimes(record, entry);
  if (entry.server !== undefined) record.serverId = entry.server.id;
  if (entry.extras !== undefined) addExtras(record, entry.extras);
  if (!isReadable(entry)) record.corrupt = true;
  if (detail === "full") addTexts(record, entry);
  return record;
}

function addTimes(record: Writable<JobRecord>, entry: JobEntry): void {
  const { state, enqueuedAtMs, dueAtMs, startedAtMs, finishedAtMs } = entry;
  if (enqueuedAtMs !== undefined && state !== "scheduled")
    record.enqueuedAt = new Date(enqueuedAtMs);
  if (dueAtMs !== undefined) record.dueAt = new Date(dueAtMs);
  if (startedAtMs !== undefined) record.startedAt = new Date(startedAtMs);
  if (finishedAtMs === undefined) return;
  record.finishedAt = new Date(finishedAtMs);
  record.expiresAt = new Date(finishedAtMs + entry.retainMs);
}

function addExtras(record: Writable<JobRecord>, extras: JobExtras): void {
  const { discardAfterMs, discardRetainMs, limit, group, batchId } = extras;
  const { serverId, reason, fingerprint, progress } = extras;
  if (discardAfterMs !== undefined) record.discardAfterMs = discardAfterMs;
  if (discardRetainMs !== undefined) record.discardRetainMs = discardRetainMs;
  if (limit !== undefined) record.limit = { ...limit };
  if (group !== undefined) record.group = { ...group };
  if (batchId !== undefined) record.batchId = batchId;
  if (serverId !== undefined) record.serverId = serverId;
  if (reason !== undefined) record.reason = reason;
  if (fingerprint !== undefined) record.fingerprint = fingerprint;
  if (progress !== undefined) record.progress = progress;
  if (extras.unique !== undefined) record.uniqueKey = extras.unique.key;
  if (extras.deletion !== undefined) record.deletionRequestedAt = new Date(extras.deletion.atMs);
}

function addTexts(record: Writable<JobRecord>, entry: JobEntry): void {
  const result = entry.extras?.result;
  record.texts = {
    payload: entry.payload,
    envelope: entry.envelope,
    ...(result !== undefined && { result }),
  };
  record.history = (entry.extras?.history ?? []).map(toHistoryEntry);
}

function toHistoryEntry({ atMs, startedAtMs, error, ...line }: HistoryEntry): JobHistoryEntry {
  return {
    ...line,
    at: new Date(atMs),
    ...(startedAtMs !== undefined && { startedAt: new Date(startedAtMs) }),
    ...(error !== undefined && { error: { ...error } }),
  };
}
