import type { FindRequest, IJobMonitor, JobFilter, JobRecord } from "@revojs/core";
import { decodeCursor, encodeCursor, type RowKey } from "./cursor.ts";
import { compileFilter, matchesNothing } from "./job-filter.ts";
import { readJobs } from "./read-jobs.ts";
import { toRecord } from "./records.ts";
import type { RowPart } from "./row-part.ts";
import { sourceOf } from "./row-source.ts";
import type { Store } from "./store.ts";

type Page = Awaited<ReturnType<IJobMonitor["find"]>>;

/** Entries looked at by one call: Redis does nothing else meanwhile. */
const PART = 200;

/** One page: goes through the rows in order, testing each, until it has enough or has looked at enough. */
export async function findJobs(store: Store, request: FindRequest): Promise<Page> {
  const { filter, detail, limit, scanLimit, signal } = request;
  signal?.throwIfAborted();
  const source = sourceOf(request, store.settings);
  let after =
    request.after === undefined
      ? undefined
      : decodeCursor(request.after, source.name, source.exampleKey);
  if (matchesNothing(filter)) return { jobs: [], next: null, scanned: 0 };
  const matches = compileFilter(filter);
  // A filter needs what a summary has; payloads are read of the jobs that match only.
  const looksAt = detail === "ids" && isByState(filter) ? "ids" : "summary";
  const jobs: JobRecord[] = [];
  let scanned = 0;
  do {
    signal?.throwIfAborted();
    const room = limit - jobs.length;
    const most = Math.min(PART, scanLimit - scanned, isByState(filter) ? room : PART);
    const part = await source.read(store, {
      filter,
      detail: looksAt,
      limit: Math.max(1, most),
      after,
    });
    const taken = take(part, { matches, room, detail: looksAt });
    jobs.push(...taken.jobs);
    scanned += taken.looked;
    after = taken.next;
  } while (after !== undefined && jobs.length < limit && scanned < scanLimit);
  return {
    jobs: detail === "full" ? await inFull(store, jobs) : jobs,
    next: after === undefined ? null : encodeCursor(source.name, after),
    scanned,
  };
}

interface Taking {
  readonly matches: (record: JobRecord) => boolean;
  readonly room: number;
  readonly detail: "ids" | "summary";
}

/** The jobs that match, as many as there is room for; the page goes on behind the last of them when there were more. */
function take(
  part: RowPart,
  { matches, room, detail }: Taking,
): {
  readonly jobs: readonly JobRecord[];
  readonly looked: number;
  readonly next: RowKey | undefined;
} {
  const jobs: JobRecord[] = [];
  for (const [index, { row, key }] of part.rows.entries()) {
    const record = toRecord(row, detail);
    if (!matches(record)) continue;
    jobs.push(record);
    const isLastOfPart = index + 1 === part.rows.length;
    if (jobs.length === room && !isLastOfPart) return { jobs, looked: index + 1, next: key };
  }
  return { jobs, looked: part.looked, next: part.next };
}

async function inFull(store: Store, jobs: readonly JobRecord[]): Promise<readonly JobRecord[]> {
  const records = await readJobs(
    store,
    jobs.map((job) => job.id),
  );
  return records.filter((record) => record !== null);
}

/** Every row of a plane has its state, so nothing but the head has to be read. */
function isByState(filter: JobFilter): boolean {
  return Object.keys(filter).every((field) => field === "states");
}
