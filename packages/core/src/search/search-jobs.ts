import type { JobRecord } from "../job/job-record.ts";
import type { FindRequest, IJobMonitor, JobOrder } from "../storage/monitor.ts";
import { passes, type QueryPlan } from "./query-plan.ts";

export interface SearchRequest {
  readonly plan: QueryPlan;
  readonly order: JobOrder;
  /** A position that an earlier search answered. */
  readonly after: string | null;
  /** Most jobs to return. */
  readonly limit: number;
  /** Most rows to look at, >= `limit`. */
  readonly scanLimit: number;
  readonly detail: FindRequest["detail"];
  readonly signal?: AbortSignal;
}

export interface SearchReply {
  readonly records: readonly JobRecord[];
  readonly next: string | null;
  readonly scanned: number;
  /** False: it stopped at `scanLimit`. */
  readonly complete: boolean;
}

/** Most rows asked for at once where core tests them; fewer where it needs their texts, which may be large. */
const pageOfRows = 1000;
const pageOfTexts = 100;

/**
 * Finds jobs in bounded steps: pages from the storage, tests of core's own on their rows, until there are enough or too many
 * rows were looked at.
 */
export async function searchJobs(
  monitor: IJobMonitor,
  request: SearchRequest,
): Promise<SearchReply> {
  const { plan } = request;
  return plan.ids === null
    ? await searchByFilter(monitor, request)
    : await lookUp(monitor, request, plan.ids);
}

async function searchByFilter(monitor: IJobMonitor, request: SearchRequest): Promise<SearchReply> {
  const { plan, limit, scanLimit, signal } = request;
  const detail = plan.needsTexts
    ? "full"
    : plan.tests.length > 0
      ? atLeastSummary(request)
      : request.detail;
  const records: JobRecord[] = [];
  let after = request.after;
  let scanned = 0;
  let shortened: number | null = null;
  for (;;) {
    signal?.throwIfAborted();
    const wanted = Math.min(pageLimitOf(request, limit - records.length), scanLimit - scanned);
    const pageLimit: number = shortened ?? wanted;
    const page = await monitor.find({
      filter: plan.filter,
      order: request.order,
      ...(after === null ? {} : { after }),
      limit: pageLimit,
      scanLimit: Math.max(pageLimit, scanLimit - scanned),
      detail,
      ...(signal === undefined ? {} : { signal }),
    });
    const hits = page.jobs.filter((record) => passes(plan, record));
    const missing = limit - records.length;
    if (hits.length > missing) {
      // The cursor of a page stands at its end, so the page is read again up to the last job that is still wanted.
      const last = hits[missing - 1];
      shortened = page.jobs.findIndex((record) => record === last) + 1;
      continue;
    }
    shortened = null;
    records.push(...hits);
    scanned += Math.max(page.scanned, 1);
    after = page.next;
    const enough = records.length === limit;
    if (after === null || enough || scanned >= scanLimit) {
      return { records, next: after, scanned, complete: after === null || enough };
    }
  }
}

/** The position is the number of ids already looked at. */
async function lookUp(
  monitor: IJobMonitor,
  request: SearchRequest,
  ids: readonly string[],
): Promise<SearchReply> {
  const { plan, limit, signal } = request;
  const records: JobRecord[] = [];
  let position = Number(request.after ?? 0);
  while (position < ids.length && records.length < limit) {
    signal?.throwIfAborted();
    const chunk = ids.slice(position, position + Math.min(pageOfTexts, limit - records.length));
    const found = await monitor.get(chunk);
    for (const record of found) if (record !== null && passes(plan, record)) records.push(record);
    position += chunk.length;
  }
  const next = position < ids.length ? String(position) : null;
  return { records, next, scanned: position - Number(request.after ?? 0), complete: true };
}

function pageLimitOf({ plan }: SearchRequest, missing: number): number {
  if (plan.tests.length === 0) return Math.min(missing, pageOfRows);
  return plan.needsTexts ? pageOfTexts : pageOfRows;
}

function atLeastSummary({ detail }: SearchRequest): FindRequest["detail"] {
  return detail === "ids" ? "summary" : detail;
}
