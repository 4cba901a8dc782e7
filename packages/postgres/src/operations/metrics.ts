import type { IJobMetrics, MetricPoint } from "@revojs/core";
import { type Connections, read, write } from "../connections.ts";

/** Most points of one answer. */
const MOST_READ = 10_000;

export async function putMetrics(
  connections: Connections,
  serverId: string,
  points: readonly MetricPoint[],
): Promise<void> {
  if (points.length === 0) return;
  const stored = points.map(({ minute, queue, type, values }) => ({
    minute: minute.getTime(),
    queue,
    type,
    values,
  }));
  await write(connections, {
    name: "revo_put_metrics",
    text: `select ${connections.names.schema}.put_metrics($1,$2)`,
    values: [serverId, JSON.stringify(stored)],
  });
}

/** Summed over the servers, earliest minute first, then by queue and type. */
export async function readMetrics(
  connections: Connections,
  { from, to, stepMs, groupBy, signal }: Parameters<IJobMetrics["read"]>[0],
): Promise<readonly MetricPoint[]> {
  signal?.throwIfAborted();
  const { schema } = connections.names;
  const queue = groupBy === "queue" ? "m.queue" : "''";
  const type = groupBy === "type" ? "m.type" : "''";
  const rows = await read(connections, {
    name: `revo_metrics_${groupBy}`,
    text: `select g.step, g.queue, g.type, json_agg(g.total order by g.place)::text from (
        select (${schema}.ms(m.minute) / $3::bigint) * $3::bigint as step, ${queue} as queue, ${type} as type,
          v.place, sum(v.value) as total
        from ${schema}.metrics m cross join lateral unnest(m.values) with ordinality v(value, place)
        where m.minute >= timestamptz 'epoch' + $1::bigint * interval '1 millisecond'
          and m.minute < timestamptz 'epoch' + $2::bigint * interval '1 millisecond'
        group by 1, 2, 3, 4
      ) g group by 1, 2, 3 order by 1, 2, 3 limit ${MOST_READ}`,
    values: [from.getTime(), to.getTime(), stepMs],
  });
  return rows.map(([step, ofQueue, ofType, values]) => ({
    minute: new Date(Number(step)),
    queue: ofQueue ?? "",
    type: ofType ?? "",
    values: JSON.parse(values ?? "[]") as readonly number[],
  }));
}
