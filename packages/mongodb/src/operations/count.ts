import type { IJobMonitor, JobFilter } from "@revojs/core";
import { toQuery } from "../job-filter.ts";
import type { Store } from "../store.ts";

type CountOptions = Parameters<IJobMonitor["count"]>[1];
type Count = Awaited<ReturnType<IJobMonitor["count"]>>;

/** Counts on the server, up to `atMost` and one more. States of one plane and its queues are counted by index alone. */
export async function countJobs(
  store: Store,
  filter: JobFilter,
  { atMost, signal }: CountOptions,
): Promise<Count> {
  signal?.throwIfAborted();
  const states = [...new Set(filter.states)];
  // One count for each state: an index holds one plane only.
  const filters =
    states.length < 2 ? [filter] : states.map((state) => ({ ...filter, states: [state] }));
  let count = 0;
  for (const one of filters) {
    const query = toQuery(one);
    if (query === undefined) continue;
    count += await store.jobs.countDocuments(query, {
      limit: atMost + 1 - count,
      maxTimeMS: store.settings.timeoutMs,
    });
    if (count > atMost) return { count: atMost, exact: false };
    signal?.throwIfAborted();
  }
  return { count, exact: true };
}
