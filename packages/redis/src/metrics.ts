import type { IJobMetrics, MetricPoint } from "@revojs/core";
import { toShortId } from "./job-ids.ts";
import { pairsOf } from "./records.ts";
import { defineScript } from "./script.ts";
import { PUT_METRICS, READ_METRICS } from "./scripts/metrics.ts";
import type { Store } from "./store.ts";

type ReadRequest = Parameters<IJobMetrics["read"]>[0];

const putScript = defineScript<number>("put-metrics", "writes", PUT_METRICS);
const readScript = defineScript<readonly (string | readonly string[])[]>(
  "read-metrics",
  "reads",
  READ_METRICS,
);

/** Points in one call, minutes in one reply, and most points of one answer. */
const MOST_PUT = 500;
const PAGE = 30;
const MOST_READ = 10_000;

/** Put again they replace what was there, so a repeat counts nothing twice. */
export async function putMetrics(
  store: Store,
  serverId: string,
  points: readonly MetricPoint[],
): Promise<void> {
  for (let first = 0; first < points.length; first += MOST_PUT) {
    const values: (string | number)[] = [toShortId(serverId)];
    for (const point of points.slice(first, first + MOST_PUT)) {
      values.push(point.minute.getTime(), point.queue, point.type, JSON.stringify(point.values));
    }
    await store.run(putScript, values);
  }
}

/** Summed over the servers, earliest minute first, then by queue and type. */
export async function readMetrics(
  store: Store,
  request: ReadRequest,
): Promise<readonly MetricPoint[]> {
  const sums = new Map<string, Sum>();
  const untilMs = request.to.getTime();
  for (let from = String(request.from.getTime()); ; ) {
    request.signal?.throwIfAborted();
    const page = await store.run(readScript, [from, untilMs, PAGE]);
    for (let at = 0; at < page.length; at += 2) {
      addMinute(sums, request, {
        minuteMs: Number(page[at]),
        fields: page[at + 1] as readonly string[],
      });
    }
    if (page.length < 2 * PAGE) break;
    from = `(${String(page.at(-2))}`;
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

interface Sum {
  readonly minuteMs: number;
  readonly queue: string;
  readonly type: string;
  readonly values: number[];
}

function addMinute(
  sums: Map<string, Sum>,
  { stepMs, groupBy }: ReadRequest,
  { minuteMs, fields }: { readonly minuteMs: number; readonly fields: readonly string[] },
): void {
  for (const [name, text] of pairsOf(fields)) {
    const [, queue = "", type = ""] = name.split(" ");
    const group = {
      minuteMs: Math.floor(minuteMs / stepMs) * stepMs,
      queue: groupBy === "queue" ? queue : "",
      type: groupBy === "type" ? type : "",
    };
    const key = JSON.stringify(group);
    const sum = sums.get(key) ?? { ...group, values: [] };
    sums.set(key, sum);
    for (const [index, value] of (JSON.parse(text) as number[]).entries()) {
      sum.values[index] = (sum.values[index] ?? 0) + value;
    }
  }
}

function order(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
