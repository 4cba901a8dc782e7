import type { IJobMetrics, MetricPoint } from "@revojs/core";
import type { CallProgress } from "../call.ts";
import type { Store } from "../store.ts";

type ReadRequest = Parameters<IJobMetrics["read"]>[0];

/** Most points of one answer. */
const MOST_READ = 10_000;

/** Minutes as texts of one length, so that a span of them is a range of ids. */
export function metricKeyOf(minute: Date): string {
  return String(minute.getTime() + OFFSET_MS).padStart(17, "0");
}

/** Makes every instant a positive number. */
const OFFSET_MS = 8_640_000_000_000_000;

/** The servers' totals of each minute. Put again they replace what was there, so a repeat counts nothing twice. */
export async function putMetrics(
  store: Store,
  { serverId, points }: { readonly serverId: string; readonly points: readonly MetricPoint[] },
  progress: CallProgress,
): Promise<void> {
  if (points.length === 0) return;
  progress.writing();
  const operations = points.map(({ minute, queue, type, values }) => ({
    replaceOne: {
      filter: { _id: metricKeyOf(minute) + JSON.stringify([serverId, queue, type]) },
      replacement: { minute, queue, type, values },
      upsert: true,
    },
  }));
  await store.metrics.bulkWrite(operations, {
    ordered: true,
    writeConcern: store.concerns.quick,
  });
}

/** Summed over the servers, earliest minute first, then by queue and type. */
export async function readMetrics(
  store: Store,
  request: ReadRequest,
): Promise<readonly MetricPoint[]> {
  request.signal?.throwIfAborted();
  const sums = new Map<
    string,
    { minuteMs: number; queue: string; type: string; values: number[] }
  >();
  const cursor = store.metrics.find(
    { _id: { $gte: metricKeyOf(request.from), $lt: metricKeyOf(request.to) } },
    { batchSize: 5000 },
  );
  for await (const total of cursor) {
    request.signal?.throwIfAborted();
    const group = {
      minuteMs: Math.floor(total.minute.getTime() / request.stepMs) * request.stepMs,
      queue: request.groupBy === "queue" ? total.queue : "",
      type: request.groupBy === "type" ? total.type : "",
    };
    const key = JSON.stringify(group);
    const sum = sums.get(key) ?? { ...group, values: [] };
    sums.set(key, sum);
    for (const [index, value] of total.values.entries())
      sum.values[index] = (sum.values[index] ?? 0) + value;
  }
  return [...sums.values()]
    .toSorted(
      (one, other) =>
        one.minuteMs - other.minuteMs ||
        order(one.queue, other.queue) ||
        order(one.type, other.type),
    )
    .slice(0, MOST_READ)
    .map(({ minuteMs, queue, type, values }) => ({
      minute: new Date(minuteMs),
      queue,
      type,
      values,
    }));
}

function order(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
