import { decodeEnvelope } from "../job/envelope.ts";
import { readError } from "../job/job-error.ts";
import type { JobHistoryEntry, JobRecord } from "../job/job-record.ts";
import { decodePayload, decodeResult } from "../job/payload.ts";
import type { JobSnapshot, JobSnapshotEntry } from "./job-snapshot.ts";
import type { Redactor } from "./redaction.ts";

const noHeaders: Readonly<Record<string, string>> = Object.freeze({});

/** A job as it is shown. What cannot be read is left out, and `corrupt` set: a broken job must not break the page it is on. */
export function snapshotOf(record: JobRecord, redactor: Redactor): JobSnapshot {
  const { texts, history = [], limit: _, group: __, batchId: ___, ...fields } = record;
  const entries = history.map(entryOf);
  const error = entries.findLast((entry) => entry.error !== undefined)?.error;
  return {
    ...shownFields(fields),
    headers: noHeaders,
    ...(texts === undefined ? {} : contentOf(texts, redactor)),
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

function shownFields(
  fields: Omit<JobRecord, "texts" | "history" | "limit" | "group" | "batchId">,
): Omit<JobSnapshot, "headers" | "history" | "key"> {
  const {
    uniqueKey: _key,
    fingerprint: _fingerprint,
    discardAfterMs: _afterMs,
    discardRetainMs: _retainMs,
    maxCrashes: _maxCrashes,
    ...shown
  } = fields;
  return shown;
}

function entryOf(entry: JobHistoryEntry): JobSnapshotEntry {
  const { error, ...shown } = entry;
  return error === undefined ? shown : { ...shown, error: readError(error.text) };
}
