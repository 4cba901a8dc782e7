import type { FindRequest, JobHistoryEntry, JobRecord, JobState } from "@revojs/core";
import { isReadable } from "./claimed-job.ts";
import type { JobDocument, StoredHistoryEntry } from "./documents.ts";
import { toJobId } from "./ids.ts";

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** What a page without texts reads. */
export const SUMMARY_PROJECTION: Readonly<Record<string, 0>> = {
  payload: 0,
  envelope: 0,
  result: 0,
  history: 0,
};

/** The job as readers see it. A document of state `dropped` is no job: sort it out before. */
export function toRecord(document: JobDocument, detail: FindRequest["detail"]): JobRecord {
  const record: Writable<JobRecord> = {
    id: toJobId(document._id),
    type: document.type,
    queue: document.queue,
    priority: document.priority,
    tags: [...(document.tags ?? [])],
    maxAttempts: document.maxAttempts,
    maxCrashes: document.maxCrashes,
    state: document.state as JobState,
    attempt: document.attempt,
    crashes: document.crashes ?? 0,
    releases: document.releases ?? 0,
    createdAt: document.createdAt,
  };
  addTimes(record, document);
  addRare(record, document);
  if (detail === "full") addTexts(record, document);
  return record;
}

function addTimes(record: Writable<JobRecord>, document: JobDocument): void {
  const { state, enqueuedAt, dueAt, startedAt, finishedAt, expiresAt, deletion } = document;
  if (enqueuedAt !== undefined && state !== "scheduled") record.enqueuedAt = enqueuedAt;
  if (dueAt !== undefined) record.dueAt = dueAt;
  if (startedAt !== undefined) record.startedAt = startedAt;
  if (finishedAt !== undefined) record.finishedAt = finishedAt;
  if (expiresAt !== undefined) record.expiresAt = expiresAt;
  if (deletion !== undefined) record.deletionRequestedAt = deletion.at;
}

function addRare(record: Writable<JobRecord>, document: JobDocument): void {
  const { discardAfterMs, discardRetainMs, limit, group, batchId } = document;
  const { server, reason, fingerprint, progress, unique } = document;
  if (discardAfterMs !== undefined) record.discardAfterMs = discardAfterMs;
  if (discardRetainMs !== undefined) record.discardRetainMs = discardRetainMs;
  if (limit !== undefined) record.limit = limit;
  if (group !== undefined) record.group = group;
  if (batchId !== undefined) record.batchId = batchId;
  if (server !== undefined) record.serverId = server;
  if (reason !== undefined) record.reason = reason;
  if (fingerprint !== undefined) record.fingerprint = fingerprint;
  if (progress !== undefined) record.progress = progress;
  if (unique !== undefined) record.uniqueKey = unique.key;
}

function addTexts(record: Writable<JobRecord>, document: JobDocument): void {
  if (!isReadable(document)) record.corrupt = true;
  const { payload, envelope, result } = document;
  record.texts = { payload, envelope, ...(result !== undefined && { result }) };
  record.history = (document.history ?? []).map(toHistoryEntry);
}

function toHistoryEntry(entry: StoredHistoryEntry): JobHistoryEntry {
  return { ...entry };
}
