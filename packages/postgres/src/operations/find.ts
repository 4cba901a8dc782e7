import type { FindRequest, IJobMonitor, JobFilter, JobState } from "@revojs/core";
import { type Connections, read } from "../connections.ts";
import type { Row } from "../pool.ts";
import { selectList, toRecord, widthOf } from "../rows.ts";
import {
  decodeCursor,
  encodeCursor,
  keyParameter,
  keyValue,
  orderOf,
  type RowOrder,
} from "./find-order.ts";
import { conditions, stateCondition, statesByTable, ValueList } from "./job-filter.ts";

type Page = Awaited<ReturnType<IJobMonitor["find"]>>;

const EMPTY: Page = Object.freeze({ jobs: [], next: null, scanned: 0 });

/**
 * One page: takes up to `scanLimit` rows in order by an index, then tests them. The database does both in one statement; what
 * comes back are the rows that passed, each with its number among those looked at, and the key of the last one looked at.
 */
export async function findJobs(connections: Connections, request: FindRequest): Promise<Page> {
  request.signal?.throwIfAborted();
  const order = orderOf(request);
  const after = request.after === undefined ? undefined : decodeCursor(order, request.after);
  if (isImpossible(request.filter)) return EMPTY;
  const parameters = new ValueList();
  const text = pageSql(connections, { request, order, after, parameters });
  const rows = await read(connections, { name: "", text, values: parameters.values });
  return toPage(rows, request, order);
}

/** An empty list matches nothing. */
export function isImpossible(filter: JobFilter): boolean {
  return Object.values(filter).some((value) => Array.isArray(value) && value.length === 0);
}

interface PageParts {
  readonly request: FindRequest;
  readonly order: RowOrder;
  readonly after: readonly string[] | undefined;
  readonly parameters: ValueList;
}

function pageSql(connections: Connections, parts: PageParts): string {
  const { request, order, parameters } = parts;
  const states = statesByTable(request.filter);
  const tables = (["live", "done"] as const).filter((table) => states[table].length > 0);
  const width = widthOf(request.detail);
  const direction = order.descending ? "desc" : "asc";
  const keys = order.key.map((_, index) => `k${index}`);
  const byKey = keys.map((key) => `${key} ${direction}`).join(", ");
  // Looks one row further, to know whether there is one.
  const scan = parameters.add(request.scanLimit);
  const looked = tables
    .flatMap((table) => scansOf(connections, { ...parts, table, states: states[table], scan }))
    .join(" union all ");
  const columns = Array.from({ length: width }, (_, index) => `c${index}`).join(", ");
  const values = order.key.map((part, index) => keyValue({ ...part, sql: `k${index}` })).join(", ");
  return `with looked as materialized (
    select row_number() over (order by ${byKey}) as place, l.* from (
      select * from (${looked}) u (${keys.join(", ")}, passes, ${columns}) order by ${byKey} limit ${scan} + 1
    ) l
  )
  select ${columns}, place, ${values}, 'job' from (
    select * from looked where passes and place <= ${scan} order by place limit ${parameters.add(request.limit)}
  ) p
  union all
  select ${columns}, place, ${values}, 'last' from looked where place >= (select max(place) - 1 from looked)`;
}

interface ScanParts extends PageParts {
  readonly table: "live" | "done";
  readonly states: readonly JobState[];
  readonly scan: string;
  /** Only jobs of this queue. */
  readonly queue?: string;
}

/** More queues than this are looked at together, by sorting. */
const MOST_SCANS = 50;

/** Enqueued jobs of few queues are looked at queue by queue, as the index has them; all others table by table. */
function scansOf(connections: Connections, parts: ScanParts): readonly string[] {
  const { queues, ...others } = parts.request.filter;
  const isByQueue = parts.order.name === "enqueued" && queues !== undefined;
  if (!isByQueue || queues.length > MOST_SCANS) return [scanSql(connections, parts)];
  const request = { ...parts.request, filter: others };
  const rest = [...new Set(queues)].filter((queue) => queue >= (parts.after?.[0] ?? ""));
  if (rest.length === 0) return [scanSql(connections, parts)];
  return rest.map((queue) => scanSql(connections, { ...parts, request, queue }));
}

/** The rows of one table that are looked at: its state and the place of the cursor come first, by an index. */
function scanSql({ names }: Connections, parts: ScanParts): string {
  const { request, order, after, parameters, table, states, scan, queue } = parts;
  const direction = order.descending ? "desc" : "asc";
  const list = selectList(request.detail, { table, names });
  const tests = conditions(request.filter, table, parameters);
  const wanted = [stateCondition(states)];
  if (queue !== undefined) wanted.push(`r.queue = ${parameters.add(queue)}`);
  if (after !== undefined && (queue === undefined || queue === after[0])) {
    // Within a queue its name says nothing more.
    const from = queue === undefined ? 0 : 1;
    const key = order.key.slice(from);
    const start = key.map((part, index) =>
      keyParameter(part, Number(parameters.add(after[index + from]).slice(1))),
    );
    const comparison = order.descending ? "<" : ">";
    wanted.push(`(${key.map(({ sql }) => sql).join(", ")}) ${comparison} (${start.join(", ")})`);
  }
  const from = table === "live" ? "jobs" : "jobs_done";
  return `(select ${order.key.map(({ sql }) => sql).join(", ")}, ${tests.length === 0 ? "true" : tests.join(" and ")}, ${list}
    from ${names.schema}.${from} r where ${wanted.join(" and ")}
    order by ${order.key.map(({ sql }) => `${sql} ${direction}`).join(", ")} limit ${scan} + 1)`;
}

function toPage(rows: readonly Row[], request: FindRequest, order: RowOrder): Page {
  const width = widthOf(request.detail);
  const placeOf = (row: Row): number => Number(row[width]);
  const found = rows
    .filter((row) => row.at(-1) === "job")
    .toSorted((one, other) => placeOf(one) - placeOf(other));
  const last = rows.filter((row) => row.at(-1) === "last");
  const keyOf = (row: Row): string[] =>
    row.slice(width + 1, width + 1 + order.key.length).map((part) => part ?? "");
  const jobs = found.map((row) => toRecord(row, request.detail));
  const lookedAt = Math.max(0, ...last.map(placeOf));
  const lastJob = found.at(-1);
  // The page is full before the rows looked at come to their end.
  if (lastJob !== undefined && found.length >= request.limit && placeOf(lastJob) < lookedAt) {
    return { jobs, next: encodeCursor(order, keyOf(lastJob)), scanned: placeOf(lastJob) };
  }
  if (lookedAt <= request.scanLimit) return { jobs, next: null, scanned: lookedAt };
  const end = last.find((row) => placeOf(row) === request.scanLimit);
  return {
    jobs,
    next: end === undefined ? null : encodeCursor(order, keyOf(end)),
    scanned: request.scanLimit,
  };
}
