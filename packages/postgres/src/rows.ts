import type { FindRequest, JobHistoryEntry, JobId, JobRecord } from "@revojs/core";
import type { SchemaNames } from "./migrations/migration.ts";
import type { Row } from "./pool.ts";
import { stateOfCode } from "./states.ts";

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A column of a job row `r`, and how it gets into the record. */
interface Column {
  readonly sql: (names: SchemaNames) => string;
  /** Of finished jobs only, or of unfinished ones only; the others have a null in its place. */
  readonly only?: "live" | "done";
  /** Type of that null. */
  readonly type?: string;
  readonly read: (record: Writable<JobRecord>, text: string) => void;
}

const plain =
  (name: string): Column["sql"] =>
  () =>
    `r.${name}`;

const time =
  (name: string): Column["sql"] =>
  ({ schema }) =>
    `${schema}.ms(r.${name})`;

const SUMMARY: readonly Column[] = [
  { sql: plain("id"), read: (record, text) => (record.id = text) },
  { sql: plain("state"), read: (record, text) => (record.state = stateOfCode(Number(text))) },
  { sql: plain("type"), read: (record, text) => (record.type = text) },
  { sql: plain("queue"), read: (record, text) => (record.queue = text) },
  { sql: plain("priority"), read: (record, text) => (record.priority = Number(text)) },
  { sql: plain("max_attempts"), read: (record, text) => (record.maxAttempts = Number(text)) },
  { sql: plain("max_crashes"), read: (record, text) => (record.maxCrashes = Number(text)) },
  { sql: plain("attempt"), read: (record, text) => (record.attempt = Number(text)) },
  { sql: plain("crashes"), read: (record, text) => (record.crashes = Number(text)) },
  {
    sql: plain("releases"),
    only: "live",
    type: "integer",
    read: (record, text) => (record.releases = Number(text)),
  },
  {
    sql: () => "to_json(r.tags)::text",
    read: (record, text) => (record.tags = JSON.parse(text) as readonly string[]),
  },
  { sql: time("created_at"), read: (record, text) => (record.createdAt = toDate(text)) },
  {
    // The time it was enqueued before it was put off is over.
    sql: ({ schema }) => `case when r.state <> 1 then ${schema}.ms(r.enqueued_at) end`,
    read: (record, text) => (record.enqueuedAt = toDate(text)),
  },
  {
    sql: time("due_at"),
    only: "live",
    type: "bigint",
    read: (record, text) => (record.dueAt = toDate(text)),
  },
  { sql: time("started_at"), read: (record, text) => (record.startedAt = toDate(text)) },
  {
    sql: time("finished_at"),
    only: "done",
    type: "bigint",
    read: (record, text) => (record.finishedAt = toDate(text)),
  },
  {
    sql: time("expires_at"),
    only: "done",
    type: "bigint",
    read: (record, text) => (record.expiresAt = toDate(text)),
  },
  { sql: plain("server_id"), read: (record, text) => (record.serverId = text) },
  {
    sql: time("deletion_requested_at"),
    read: (record, text) => (record.deletionRequestedAt = toDate(text)),
  },
  { sql: plain("unique_key"), read: (record, text) => (record.uniqueKey = text) },
  {
    sql: plain("discard_after_ms"),
    read: (record, text) => (record.discardAfterMs = Number(text)),
  },
  {
    sql: plain("discard_retain_ms"),
    read: (record, text) => (record.discardRetainMs = Number(text)),
  },
  { sql: plain("progress"), read: (record, text) => (record.progress = Number(text)) },
  { sql: plain("fingerprint"), read: (record, text) => (record.fingerprint = text) },
  {
    sql: plain("reason"),
    only: "done",
    type: "text",
    read: (record, text) => (record.reason = text),
  },
  {
    sql: () => "(r.payload is null or r.envelope is null)",
    read: (record, text) => {
      if (text === "t") record.corrupt = true;
    },
  },
];

const TEXTS: readonly Column[] = [
  {
    sql: plain("payload"),
    read: (record, text) => (record.texts = { payload: text, envelope: "" }),
  },
  {
    sql: plain("envelope"),
    read: (record, text) =>
      (record.texts = { payload: record.texts?.payload ?? "", envelope: text }),
  },
  {
    sql: plain("result"),
    only: "done",
    type: "text",
    read: (record, text) =>
      (record.texts = { ...(record.texts ?? { payload: "", envelope: "" }), result: text }),
  },
  {
    sql: plain("history"),
    read: (record, text) =>
      (record.history = (JSON.parse(text) as readonly StoredEntry[]).map(toEntry)),
  },
];

/** How many columns a row of that detail has. */
export function widthOf(detail: FindRequest["detail"]): number {
  return columnsOf(detail).length;
}

/** The select list of a table of jobs, of row `r`: the same columns for both tables, so that they can be united. */
export function selectList(
  detail: FindRequest["detail"],
  { table, names }: { readonly table: "live" | "done"; readonly names: SchemaNames },
): string {
  return columnsOf(detail)
    .map(({ sql, only, type }) =>
      only === undefined || only === table ? sql(names) : `null::${type ?? "text"}`,
    )
    .join(", ");
}

/** The record in the first columns of a row. */
export function toRecord(row: Row, detail: FindRequest["detail"]): JobRecord {
  const record = { releases: 0, tags: [] } as unknown as Writable<JobRecord>;
  for (const [index, { read }] of columnsOf(detail).entries()) {
    const text = row[index];
    if (text !== null && text !== undefined) read(record, text);
  }
  if (detail === "full") {
    record.texts ??= { payload: "", envelope: "" };
    record.history ??= [];
  }
  return record;
}

function columnsOf(detail: FindRequest["detail"]): readonly Column[] {
  return detail === "full" ? FULL : SUMMARY;
}

const FULL: readonly Column[] = [...SUMMARY, ...TEXTS];

function toDate(text: string): Date {
  return new Date(Number(text));
}

interface StoredEntry {
  readonly at: number;
  readonly from: number;
  readonly to: number;
  readonly attempt: number;
  readonly startedAt?: number;
  readonly serverId?: JobId;
  readonly actor?: string;
  readonly reason?: string;
  readonly fingerprint?: string;
  readonly error?: string;
}

function toEntry(stored: StoredEntry): JobHistoryEntry {
  const { at, from, to, attempt, startedAt, serverId, actor, reason, fingerprint, error } = stored;
  return {
    at: new Date(at),
    from: stateOfCode(from),
    to: stateOfCode(to),
    attempt,
    ...(startedAt !== undefined && { startedAt: new Date(startedAt) }),
    ...(serverId !== undefined && { serverId }),
    ...(actor !== undefined && { actor }),
    ...(reason !== undefined && { reason }),
    ...(error !== undefined && { error: { fingerprint: fingerprint ?? "", text: error } }),
  };
}
