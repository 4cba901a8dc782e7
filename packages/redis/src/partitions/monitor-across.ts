import type { IJobMonitor, JobFilter, JobId, QueueRecord } from "@revojs/core";
import { countJobs } from "../count-jobs.ts";
import { listQueues } from "../queues.ts";
import { readHolders, readJobs, readOutcomes } from "../read-jobs.ts";
import { suggest } from "../suggest.ts";
import { findAcross } from "./find-across.ts";
import { partitionsOf, searchPartitions } from "./locate.ts";
import type { Partitions } from "./partitions.ts";
import { listServersAcross } from "./servers-across.ts";
import { spread, together } from "./together.ts";

type Count = Awaited<ReturnType<IJobMonitor["count"]>>;

const MOST_LISTED = 10_000;

/** What there is in all partitions. */
export function monitorAcross(partitions: Partitions): Required<IJobMonitor> {
  return {
    get: (ids) => getAcross(partitions, ids),
    holders: (uniqueKeys) => holdersAcross(partitions, uniqueKeys),
    outcomes: (ids) => outcomesAcross(partitions, ids),
    find: (request) => findAcross(partitions, request),
    count: (filter, options) => countAcross(partitions, filter, options),
    queues: () => queuesAcross(partitions),
    servers: () => listServersAcross(partitions),
    suggest: (field, prefix, limit) => suggestAcross(partitions, field, { prefix, limit }),
  };
}

async function getAcross(
  partitions: Partitions,
  ids: readonly JobId[],
): ReturnType<IJobMonitor["get"]> {
  const places = await searchPartitions(partitions, ids);
  const items = ids.map((id, index) => [places[index] ?? 0, id] as const);
  return spread("reads", items, (partition, own) => readJobs(partitions.at(partition), own));
}

/** Asked again and again for jobs that are gone, so these are not looked for everywhere. */
async function outcomesAcross(
  partitions: Partitions,
  ids: readonly JobId[],
): ReturnType<IJobMonitor["outcomes"]> {
  const places = await partitionsOf(partitions, ids);
  const items = ids.map((id, index) => [places[index] ?? 0, id] as const);
  return spread("reads", items, (partition, own) => readOutcomes(partitions.at(partition), own));
}

function holdersAcross(
  partitions: Partitions,
  uniqueKeys: readonly string[],
): Promise<readonly (JobId | null)[]> {
  const items = uniqueKeys.map((key) => [partitions.ofKey(key), key] as const);
  return spread("reads", items, (partition, own) => readHolders(partitions.at(partition), own));
}

async function countAcross(
  partitions: Partitions,
  filter: JobFilter,
  options: Parameters<IJobMonitor["count"]>[1],
): Promise<Count> {
  const counts = await together(
    "reads",
    partitions.stores.map((store) => countJobs(store, filter, options)),
  );
  const count = counts.reduce((sum, part) => sum + part.count, 0);
  const isExact = counts.every((part) => part.exact) && count <= options.atMost;
  return { count: Math.min(count, options.atMost), exact: isExact };
}

async function queuesAcross(partitions: Partitions): Promise<readonly QueueRecord[]> {
  const queues = new Map<string, QueueRecord>();
  for (const record of (await together("reads", partitions.stores.map(listQueues))).flat()) {
    const other = queues.get(record.queue);
    queues.set(record.queue, other === undefined ? record : unite(other, record));
  }
  return [...queues.values()]
    .map((record) => ({
      ...record,
      oldestWaitMs: record.oldestWaitMs === null ? null : Math.floor(record.oldestWaitMs),
    }))
    .toSorted((one, other) => (one.queue < other.queue ? -1 : 1))
    .slice(0, MOST_LISTED);
}

function unite(one: QueueRecord, other: QueueRecord): QueueRecord {
  const sum = (state: keyof QueueRecord["counts"]): number =>
    Math.min(one.counts[state] + other.counts[state], MOST_LISTED);
  const waits = [one.oldestWaitMs, other.oldestWaitMs].filter((wait) => wait !== null);
  const pause = one.pause ?? other.pause;
  return {
    queue: one.queue,
    counts: {
      scheduled: sum("scheduled"),
      enqueued: sum("enqueued"),
      awaiting: sum("awaiting"),
      throttled: sum("throttled"),
      processing: sum("processing"),
    },
    oldestWaitMs: waits.length === 0 ? null : Math.max(...waits),
    ...(pause !== undefined && { pause }),
  };
}

async function suggestAcross(
  partitions: Partitions,
  field: "types" | "tags",
  request: { readonly prefix: string; readonly limit: number },
): Promise<readonly string[]> {
  const found = await together(
    "reads",
    partitions.stores.map((store) => suggest(store, field, request)),
  );
  return [...new Set(found.flat())].toSorted().slice(0, request.limit);
}
