import { decodeEnvelope } from "../job/envelope.ts";
import { readError } from "../job/job-error.ts";
import type { JobHistoryEntry, JobRecord } from "../job/job-record.ts";
import { decodePayload, decodeResult } from "../job/payload.ts";
import type { JobSnapshot, JobSnapshotEntry } from "./job-snapshot.ts";
import type { Redactor } from "./redaction.ts";

const noHeaders: Readonly<Record<string, string>> = Object.freeze({});

/** What a record and a snapshot have in common. Named one by one: what a record gains is not shown before somebody decides so. */
const shownFields = [
  "id",
  "type",
  "state",
  "queue",
  "priority",
  "tags",
  "attempt",
  "maxAttempts",
  "crashes",
  "releases",
  "createdAt",
  "enqueuedAt",
  "dueAt",
  "startedAt",
  "finishedAt",
  "expiresAt",
  "serverId",
  "deletionRequestedAt",
  "progress",
  "reason",
  "corrupt",
] as const satisfies readonly (keyof JobRecord & keyof JobSnapshot)[];

/** A job as it is shown. What cannot be read is left out, and `corrupt` set: a broken job must not break the page it is on. */
export function snapshotOf(record: JobRecord, redactor: Redactor): JobSnapshot {
  const entries = (record.history ?? []).map(entryOf);
  const error = entries.findLast((entry) => entry.error !== undefined)?.error;
  return {
    ...fieldsOf(record),
    headers: noHeaders,
    ...(record.texts === undefined ? {} : contentOf(record.texts, redactor)),
    ...(error === undefined ? {} : { error }),
    history: entries,
  };
}

/** The decoded content of a job; empty and marked as corrupt when it cannot be read. */
export function contentOf(
  texts: NonNullable<JobRecord["texts"]>,
  redactor: Redactor,
): Pick<JobSnapshot, "payload" | "version" | "headers" | "result" | "key" | "corrupt"> {
  try {
    const { version, meta, headers, uniqueKey } = decodeEnvelope(texts.envelope);
    return {
      version,
      headers: redactor.headers(headers),
      payload: redactor.payload(decodePayload(texts.payload, meta)),
      ...(texts.result === undefined
        ? {}
        : { result: redactor.result(decodeResult(texts.result)) }),
      ...(uniqueKey === undefined ? {} : { key: uniqueKey }),
    };
  } catch {
    return { headers: noHeaders, corrupt: true };
  }
}

function fieldsOf(record: JobRecord): Pick<JobRecord, (typeof shownFields)[number]> {
  const shown: Record<string, unknown> = {};
  for (const field of shownFields) {
    if (record[field] !== undefined) shown[field] = record[field];
  }
  return shown as unknown as Pick<JobRecord, (typeof shownFields)[number]>;
}

function entryOf(entry: JobHistoryEntry): JobSnapshotEntry {
  const { error, ...shown } = entry;
  return error === undefined ? shown : { ...shown, error: readError(error.text) };
}
