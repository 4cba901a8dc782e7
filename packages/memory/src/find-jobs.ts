import type { FindRequest, IJobMonitor, JobRecord } from "@revojs/core";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import type { JobEntry } from "./job-entry.ts";
import { compileFilter } from "./job-filter.ts";
import { toRecord } from "./job-record.ts";
import { orderOf } from "./row-order.ts";
import type { Store } from "./store.ts";

type Page = Awaited<ReturnType<IJobMonitor["find"]>>;

/** One page: goes through the rows in order, testing each, until it has enough or has looked at enough. */
export function findJobs(store: Store, request: FindRequest): Page {
  request.signal?.throwIfAborted();
  const order = orderOf(request);
  const after =
    request.after === undefined
      ? undefined
      : decodeCursor(request.after, order.name, order.exampleKey);
  const matches = compileFilter(request.filter);
  const jobs: JobRecord[] = [];
  let scanned = 0;
  let last: JobEntry | undefined;
  for (const entry of order.rows(store, request.filter, after)) {
    // There is a further row, so the page ends with a cursor.
    if (last !== undefined && (jobs.length >= request.limit || scanned >= request.scanLimit)) {
      store.operations += scanned;
      return { jobs, next: encodeCursor(order.name, order.keyOf(last)), scanned };
    }
    last = entry;
    scanned++;
    if (matches(entry)) jobs.push(toRecord(entry, request.detail));
  }
  store.operations += scanned;
  return { jobs, next: null, scanned };
}
