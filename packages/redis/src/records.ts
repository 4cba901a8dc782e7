import type { FindRequest, JobError, JobHistoryEntry, JobRecord } from "@revojs/core";
import { decodeBody, tagsOf } from "./body.ts";
import { decodeHead, type JobHead, stateOf } from "./head.ts";
import { toUuid } from "./job-ids.ts";

type Detail = FindRequest["detail"];
type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A job as a script tells it: see `scripts/rows.ts`. With detail `ids` only the first two. */
export type JobRow = readonly [
  id: string,
  head: string,
  dueAt?: string,
  finishedAt?: string,
  expiresAt?: string,
  body?: string,
  bodyBytes?: number,
  extras?: readonly string[],
  history?: readonly string[],
];

/** The job as readers see it. */
export function toRecord(row: JobRow, detail: Detail): JobRecord {
  const [id, text] = row;
  const head = decodeHead(text);
  if (head === undefined) return unreadable(id);
  const { state, type, queue, priority, maxAttempts, maxCrashes, attempt, crashes, releases } =
    head;
  const record: Writable<JobRecord> = {
    id: toUuid(id),
    type,
    queue,
    priority,
    tags: tagsOf(row[5] ?? ""),
    maxAttempts,
    maxCrashes,
    state,
    attempt,
    crashes,
    releases,
    createdAt: new Date(head.createdAtMs),
  };
  if (detail === "ids") return record;
  addTimes(record, head, row);
  addExtras(record, new Map(pairsOf(row[7] ?? [])), detail);
  if (row[6] !== head.bodyBytes) record.corrupt = true;
  if (detail === "full") addTexts(record, row);
  return record;
}

/** Nothing of it is known but that it is there. */
function unreadable(id: string): JobRecord {
  return {
    id: toUuid(id),
    type: "",
    queue: "",
    priority: 0,
    tags: [],
    maxAttempts: 0,
    maxCrashes: 0,
    state: "failed",
    attempt: 0,
    crashes: 0,
    releases: 0,
    createdAt: new Date(0),
    reason: "corrupt",
    corrupt: true,
  };
}

function addTimes(record: Writable<JobRecord>, head: JobHead, row: JobRow): void {
  const { state, enqueuedAtMs, startedAtMs, serverId } = head;
  const [, , dueAt, finishedAt, expiresAt] = row;
  if (enqueuedAtMs !== undefined && state !== "scheduled")
    record.enqueuedAt = new Date(enqueuedAtMs);
  if (dueAt) record.dueAt = new Date(Number(dueAt));
  if (startedAtMs !== undefined) record.startedAt = new Date(startedAtMs);
  if (finishedAt) record.finishedAt = new Date(Number(finishedAt));
  if (expiresAt) record.expiresAt = new Date(Number(expiresAt));
  if (serverId !== undefined) record.serverId = toUuid(serverId);
}

function addExtras(
  record: Writable<JobRecord>,
  extras: ReadonlyMap<string, string>,
  detail: Detail,
): void {
  const [key, after, kept] = [extras.get("u"), extras.get("da"), extras.get("dr")];
  const [deletedAt, reason, fingerprint] = [extras.get("dat"), extras.get("rs"), extras.get("fp")];
  const [progress, result] = [extras.get("pr"), extras.get("re")];
  if (key !== undefined) record.uniqueKey = key;
  if (after !== undefined) record.discardAfterMs = Number(after);
  if (kept !== undefined && kept !== "") record.discardRetainMs = Number(kept);
  if (deletedAt !== undefined) record.deletionRequestedAt = new Date(Number(deletedAt));
  if (reason !== undefined) record.reason = reason;
  if (fingerprint !== undefined) record.fingerprint = fingerprint;
  if (progress !== undefined) record.progress = Number(progress);
  if (detail === "full" && result !== undefined)
    record.texts = { payload: "", envelope: "", result };
}

function addTexts(record: Writable<JobRecord>, row: JobRow): void {
  const body = decodeBody(row[5] ?? "");
  record.texts = {
    payload: body?.payload ?? "",
    envelope: body?.envelope ?? "",
    ...(record.texts?.result !== undefined && { result: record.texts.result }),
  };
  record.history = (row[8] ?? []).flatMap((line) => toHistoryEntry(line) ?? []);
}

/** `at from+to attempt startedAt server {rest}`, `-` standing for nothing. */
function toHistoryEntry(line: string): JobHistoryEntry | undefined {
  const [, at, from = "", to = "", attempt, startedAt, server = "-", rest = "{}"] =
    /^(\d+) (.)(.) (-?\d+) (\S+) (\S+) (.*)$/s.exec(line) ?? [];
  const states = { from: stateOf(from), to: stateOf(to) };
  if (at === undefined || states.from === undefined || states.to === undefined) return undefined;
  const { actor, reason, error } = JSON.parse(rest) as {
    readonly actor?: string;
    readonly reason?: string;
    readonly error?: JobError;
  };
  return {
    at: new Date(Number(at)),
    from: states.from,
    to: states.to,
    attempt: Number(attempt),
    ...(startedAt !== "-" && { startedAt: new Date(Number(startedAt)) }),
    ...(server !== "-" && { serverId: toUuid(server) }),
    ...(actor !== undefined && { actor }),
    ...(reason !== undefined && { reason }),
    ...(error !== undefined && { error }),
  };
}

/** A hash as Redis answers it within a script: name, value, name, value. */
export function pairsOf(flat: readonly string[]): readonly (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) pairs.push([flat[at] ?? "", flat[at + 1] ?? ""]);
  return pairs;
}
