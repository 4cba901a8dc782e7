import type { FindRequest, IJobMonitor, JobFilter } from "@revojs/core";
import { decodeCursor, encodeCursor, invalidCursor, type RowKey } from "../cursor.ts";
import type { JobDocument } from "../documents.ts";
import { toJobId } from "../ids.ts";
import { compileFilter } from "../job-filter.ts";
import { SUMMARY_PROJECTION, toRecord } from "../job-record.ts";
import { orderOf, type RowOrder } from "../row-order.ts";
import type { Store } from "../store.ts";
import { fewById } from "./few-rows.ts";

type Page = Awaited<ReturnType<IJobMonitor["find"]>>;

const NO_JOBS: Page = Object.freeze({ jobs: [], next: null, scanned: 0 });
/** Rows of one trip. */
const MOST_ROWS = 1000;

/** One page: goes through the rows in order, testing each, until it has enough or has looked at enough. */
export async function findJobs(store: Store, request: FindRequest): Promise<Page> {
  request.signal?.throwIfAborted();
  const order = orderOf(request);
  const after = placeOf(request, order);
  if (isImpossible(request.filter)) return NO_JOBS;
  const matches = compileFilter(request.filter);
  const found: JobDocument[] = [];
  let scanned = 0;
  let last: JobDocument | undefined;
  for await (const job of await rowsOf(store, request, { order, after })) {
    if (after !== undefined && last === undefined && isAt(order, job, after)) continue;
    // There is a further row, so the page ends with a cursor.
    if (last !== undefined && (found.length >= request.limit || scanned >= request.scanLimit)) {
      const next = encodeCursor(order.name, order.keyOf(last));
      return toPage(store, request, { found, next, scanned });
    }
    request.signal?.throwIfAborted();
    last = job;
    scanned++;
    if (matches(job)) found.push(job);
  }
  return toPage(store, request, { found, next: null, scanned });
}

/** One more than may be looked at, and the one that the cursor stands on. */
async function rowsOf(
  store: Store,
  { filter, limit, scanLimit }: FindRequest,
  { order, after }: { readonly order: RowOrder; readonly after: RowKey | undefined },
): Promise<Iterable<JobDocument> | AsyncIterable<JobDocument>> {
  const most = scanLimit + 2;
  const { direction } = order;
  const few =
    direction === undefined
      ? undefined
      : await fewById(store, filter, { direction, after, limit: most });
  if (few !== undefined) return few;
  const { query, options } = order.rows(filter, after);
  // A loop that ends before the rows do closes the cursor.
  return store.jobs.find(query, {
    ...options,
    projection: SUMMARY_PROJECTION,
    limit: most,
    batchSize: Math.min(MOST_ROWS, limit + 2),
    maxTimeMS: store.settings.timeoutMs,
  });
}

function placeOf({ after }: FindRequest, order: RowOrder): RowKey | undefined {
  if (after === undefined) return undefined;
  const key = decodeCursor(after, order.name, order.exampleKey);
  // A forged one must not reach the server as a bound that it cannot read.
  const isSane = key.every((part) => typeof part === "string" || Number.isSafeInteger(part));
  if (!isSane) throw invalidCursor(after);
  return key;
}

function isAt(order: RowOrder, job: JobDocument, place: RowKey): boolean {
  return order.keyOf(job).every((part, index) => part === place[index]);
}

/** An empty list matches nothing. */
function isImpossible(filter: JobFilter): boolean {
  return Object.values(filter).some((value) => Array.isArray(value) && value.length === 0);
}

/** With texts the rows are read once more, by id: only those of the page, not all that were looked at. */
async function toPage(
  store: Store,
  { detail }: FindRequest,
  {
    found,
    next,
    scanned,
  }: {
    readonly found: readonly JobDocument[];
    readonly next: string | null;
    readonly scanned: number;
  },
): Promise<Page> {
  if (detail !== "full" || found.length === 0)
    return { jobs: found.map((job) => toRecord(job, detail)), next, scanned };
  const full = await store.jobs.find({ _id: { $in: found.map(({ _id }) => _id) } }).toArray();
  const byId = new Map(full.map((job) => [toJobId(job._id), job]));
  const jobs = found.flatMap(({ _id }) => {
    const job = byId.get(toJobId(_id));
    return job === undefined || job.state === "dropped" ? [] : [toRecord(job, "full")];
  });
  return { jobs, next, scanned };
}
