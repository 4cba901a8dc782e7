import type { IJobMonitor, JobFilter, JobState } from "@revojs/core";
import type { RowKey } from "./cursor.ts";
import { compileFilter, matchesNothing } from "./job-filter.ts";
import { toRecord } from "./records.ts";
import { sourceOf } from "./row-source.ts";
import { defineScript } from "./script.ts";
import { COUNT_QUEUES, COUNT_STATES } from "./scripts/read-queues.ts";
import type { Store } from "./store.ts";

type Options = Parameters<IJobMonitor["count"]>[1];
type Count = Awaited<ReturnType<IJobMonitor["count"]>>;

/** Entries looked at by one call, and by one count before it tells what it has. */
const PART = 500;
const MOST_LOOKED_AT = 100_000;

const statesScript = defineScript<readonly number[]>("count-states", "reads", COUNT_STATES);
const queuesScript = defineScript<readonly number[]>("count-queues", "reads", COUNT_QUEUES);

/** The states in the order in which the scripts answer them. */
const COUNTED: readonly JobState[] = [
  "enqueued",
  "scheduled",
  "processing",
  "succeeded",
  "failed",
  "deleted",
];
const COUNTED_BY_QUEUE = COUNTED.slice(0, 3);

/** Exact without looking at a job when only states are asked for, or unfinished states of some queues. */
export async function countJobs(store: Store, filter: JobFilter, options: Options): Promise<Count> {
  options.signal?.throwIfAborted();
  if (matchesNothing(filter)) return { count: 0, exact: true };
  const counted = await countFromIndex(store, filter);
  if (counted === undefined) return countByLooking(store, filter, options);
  return { count: Math.min(counted, options.atMost), exact: counted <= options.atMost };
}

async function countFromIndex(
  store: Store,
  { states, queues, ...others }: JobFilter,
): Promise<number | undefined> {
  if (Object.keys(others).length > 0) return undefined;
  const wanted = new Set(states ?? COUNTED);
  if (queues === undefined) return sum(await store.run(statesScript, []), COUNTED, wanted);
  if (states === undefined || states.some((state) => !COUNTED_BY_QUEUE.includes(state)))
    return undefined;
  const counts = await store.run(queuesScript, [...new Set(queues)]);
  return sum(counts, COUNTED_BY_QUEUE, wanted);
}

/** `counts` has one number for each of `states`, again and again. */
function sum(
  counts: readonly number[],
  states: readonly JobState[],
  wanted: ReadonlySet<JobState>,
): number {
  let total = 0;
  for (const [index, count] of counts.entries()) {
    const state = states[index % states.length];
    if (state !== undefined && wanted.has(state)) total += count;
  }
  return total;
}

async function countByLooking(
  store: Store,
  filter: JobFilter,
  { atMost, signal }: Options,
): Promise<Count> {
  // By id where types and tags have an index: only those orders go by it.
  const order = store.settings.indexTags && (filter.types ?? filter.tags) ? "newest" : "natural";
  const source = sourceOf({ filter, order }, store.settings);
  const matches = compileFilter(filter);
  let [count, looked] = [0, 0];
  let after: RowKey | undefined;
  do {
    signal?.throwIfAborted();
    const part = await source.read(store, { filter, detail: "summary", limit: PART, after });
    count += part.rows.filter(({ row }) => matches(toRecord(row, "summary"))).length;
    if (count > atMost) return { count: atMost, exact: false };
    looked += part.looked;
    after = part.next;
  } while (after !== undefined && looked < MOST_LOOKED_AT);
  return { count, exact: after === undefined };
}
