import { type FindRequest, type JobState, RevoArgumentError } from "@revojs/core";

/** A part of the key by which pages go on. */
export interface KeyPart {
  /** Over a row `r`. */
  readonly sql: string;
  /** Of the cursor's value. */
  readonly type: "text" | "smallint" | "uuid" | "timestamptz";
  /** Form of the value as text: a cursor comes from outside. */
  readonly form: RegExp;
}

/** One order in which pages go through the rows. */
export interface RowOrder {
  readonly name: string;
  readonly descending: boolean;
  readonly key: readonly KeyPart[];
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
// As PostgreSQL writes it, in UTC, to the microsecond.
const TIME = /^-?\d{1,18}$/;

const id: KeyPart = { sql: "r.id", type: "uuid", form: UUID };
const at = (column: string): KeyPart => ({
  sql: `r.${column}`,
  type: "timestamptz",
  form: TIME,
});

const NEWEST: RowOrder = { name: "newest", descending: true, key: [id] };
const OLDEST: RowOrder = { name: "oldest", descending: false, key: [id] };
/** Queue by queue, as a claim of them all would take them. */
const AS_CLAIMED: RowOrder = {
  name: "enqueued",
  descending: false,
  key: [
    { sql: "r.queue", type: "text", form: /^[a-z0-9][a-z0-9._-]{0,63}$/ },
    { sql: "r.priority", type: "smallint", form: /^\d$/ },
    at("enqueued_at"),
    id,
  ],
};
const BY_DUE_TIME: RowOrder = { name: "scheduled", descending: false, key: [at("due_at"), id] };
const BY_START: RowOrder = { name: "processing", descending: false, key: [at("started_at"), id] };
const LATEST_FINISHED: RowOrder = {
  name: "finished",
  descending: true,
  key: [at("finished_at"), id],
};

/** The order that a request asks for. */
export function orderOf({ order, filter }: Pick<FindRequest, "order" | "filter">): RowOrder {
  if (order === "newest") return NEWEST;
  if (order === "oldest") return OLDEST;
  const [state, ...others] = new Set(filter.states ?? []);
  return state === undefined || others.length > 0 ? NEWEST : naturalOrder(state);
}

function naturalOrder(state: JobState): RowOrder {
  switch (state) {
    case "enqueued":
      return AS_CLAIMED;
    case "scheduled":
      return BY_DUE_TIME;
    case "processing":
      return BY_START;
    case "succeeded":
    case "failed":
    case "deleted":
      return LATEST_FINISHED;
    case "awaiting":
    case "throttled":
      return OLDEST;
  }
}

/** How the value of a key part is selected: times in whole microseconds since 1970, exact in both directions. */
export function keyValue({ sql, type }: KeyPart): string {
  return type === "timestamptz"
    ? `(extract(epoch from date_trunc('second', ${sql}))::bigint * 1000000 + extract(microseconds from ${sql})::bigint % 1000000)::text`
    : `${sql}::text`;
}

/** The parameter at that place as a value to compare with. */
export function keyParameter({ type }: KeyPart, place: number): string {
  return type === "timestamptz"
    ? `(timestamptz 'epoch' + $${place}::bigint * interval '1 microsecond')`
    : `$${place}::${type}`;
}

export function encodeCursor({ name }: RowOrder, key: readonly string[]): string {
  return Buffer.from(JSON.stringify([name, ...key])).toString("base64url");
}

/**
 * The key in `cursor`, which must be of this order.
 * @throws RevoArgumentError `REVO_CURSOR_INVALID`.
 */
export function decodeCursor(order: RowOrder, cursor: string): readonly string[] {
  const [name, ...key] = parse(cursor);
  const fits =
    name === order.name &&
    key.length === order.key.length &&
    key.every((part, index) => typeof part === "string" && order.key[index]?.form.test(part));
  if (fits) return key as string[];
  const shown = JSON.stringify(cursor.slice(0, 80));
  const message = `Expected \`after\` to be a cursor of the same filter and order, got ${shown}`;
  throw new RevoArgumentError("REVO_CURSOR_INVALID", message, "after");
}

function parse(cursor: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
