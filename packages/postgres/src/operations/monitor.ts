import type {
  IJobMonitor,
  JobFilter,
  JobId,
  JobRecord,
  QueueRecord,
  ServerRecord,
} from "@revojs/core";
import { plainArray, textArray } from "../arrays.ts";
import { type Connections, jsonOf, read } from "../connections.ts";
import { selectList, toRecord } from "../rows.ts";
import { DESIRES, stateOfCode } from "../states.ts";
import { isImpossible } from "./find.ts";
import { conditions, stateCondition, statesByTable, ValueList } from "./job-filter.ts";

type Outcome = Awaited<ReturnType<IJobMonitor["outcomes"]>>[number];
type CountOptions = Parameters<IJobMonitor["count"]>[1];
type Count = Awaited<ReturnType<IJobMonitor["count"]>>;

/** Most queues or servers listed, and the highest number told of a queue's jobs. */
const MOST_LISTED = 10_000;
/** Rows of a table that a count with a filter looks at. */
const MOST_COUNTED = 200_000;
/** Rows of a table looked at for a suggestion. */
const SAMPLE = 10_000;

export async function getJobs(
  connections: Connections,
  ids: readonly JobId[],
): Promise<readonly (JobRecord | null)[]> {
  const { names } = connections;
  const select = (table: "live" | "done"): string => `select ${selectList("full", { table, names })}
    from ${names.schema}.${table === "live" ? "jobs" : "jobs_done"} r where r.id = any($1)`;
  const rows = await read(connections, {
    name: "revo_get",
    text: `${select("live")} union all ${select("done")}`,
    values: [plainArray(ids)],
  });
  const records = new Map(rows.map((row) => [row[0], row]));
  return ids.map((id) => {
    const row = records.get(id);
    return row === undefined ? null : toRecord(row, "full");
  });
}

export async function holders(
  connections: Connections,
  uniqueKeys: readonly string[],
): Promise<readonly (JobId | null)[]> {
  const { schema } = connections.names;
  const rows = await read(connections, {
    name: "revo_holders",
    text: `select k.key, k.job_id from ${schema}.keys k, (select ${schema}.now() as at) n
      where k.key = any($1) and (k.expires_at is null or k.expires_at > n.at)`,
    values: [textArray(uniqueKeys)],
  });
  const byKey = new Map(rows.map(([key, jobId]) => [key, jobId]));
  return uniqueKeys.map((key) => byKey.get(key) ?? null);
}

export async function outcomes(
  connections: Connections,
  ids: readonly JobId[],
): Promise<readonly Outcome[]> {
  const rows = await read(connections, {
    name: "revo_outcomes",
    text: `select r.id, r.state, r.result from ${connections.names.schema}.jobs_done r where r.id = any($1)`,
    values: [plainArray(ids)],
  });
  const byId = new Map(
    rows.map(([id, state, result]): [string, Outcome] => [
      id ?? "",
      {
        state: stateOfCode(Number(state)),
        ...(result !== null && result !== undefined && { result }),
      },
    ]),
  );
  return ids.map((id) => byId.get(id) ?? null);
}

/** Exact up to `atMost`; with more than states and queues asked for only as far as it may look. */
export async function countJobs(
  connections: Connections,
  filter: JobFilter,
  { atMost, signal }: CountOptions,
): Promise<Count> {
  signal?.throwIfAborted();
  if (isImpossible(filter)) return { count: 0, exact: true };
  const parameters = new ValueList();
  const states = statesByTable(filter);
  const most = `${parameters.add(atMost)}::bigint`;
  const parts = (["live", "done"] as const)
    .filter((table) => states[table].length > 0)
    .map((table) => {
      // Unfinished jobs have indexes by queue.
      const { queues, ...others } = filter;
      const isByQueue = table === "live" && queues !== undefined;
      const tests = conditions(isByQueue ? others : filter, table, parameters);
      const from = `${connections.names.schema}.${table === "live" ? "jobs" : "jobs_done"} r`;
      const where = isByQueue
        ? `${stateCondition(states[table])} and r.queue = any(${parameters.add(textArray(queues))}::text[])`
        : stateCondition(states[table]);
      if (tests.length === 0) {
        return `select count(*) as n, 0 as looked from (select 1 from ${from} where ${where} limit ${most} + 1) c`;
      }
      return `select count(*) filter (where c.passes) as n, count(*) as looked from (
        select ${tests.join(" and ")} as passes from ${from} where ${where} limit ${MOST_COUNTED}) c`;
    });
  const rows = await read(connections, {
    name: "",
    text: `select sum(n), max(looked), ${most} from (${parts.join(" union all ")}) t`,
    values: parameters.values,
  });
  const count = Number(rows[0]?.[0] ?? 0);
  const isWhole = Number(rows[0]?.[1] ?? 0) < MOST_COUNTED;
  return { count: Math.min(count, atMost), exact: isWhole && count <= atMost };
}

interface StoredQueue {
  readonly queue: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly oldestWaitMs: number | null;
  readonly pause: {
    readonly since: number;
    readonly actor: string;
    readonly reason: string;
    readonly endsInMs: number | null;
  } | null;
}

export async function listQueues(connections: Connections): Promise<readonly QueueRecord[]> {
  const rows = await read(connections, {
    name: "revo_queues",
    text: `select ${connections.names.schema}.list_queues(${MOST_LISTED})`,
    values: [],
  });
  return (jsonOf(rows) as readonly StoredQueue[]).map(({ queue, counts, oldestWaitMs, pause }) => ({
    queue,
    counts: {
      scheduled: counts["1"] ?? 0,
      enqueued: counts["2"] ?? 0,
      awaiting: counts["3"] ?? 0,
      throttled: counts["4"] ?? 0,
      processing: counts["5"] ?? 0,
    },
    oldestWaitMs,
    ...(pause !== null && {
      pause: {
        since: new Date(pause.since),
        actor: pause.actor,
        reason: pause.reason,
        ...(pause.endsInMs !== null && { endsInMs: pause.endsInMs }),
      },
    }),
  }));
}

export async function listServers(connections: Connections): Promise<readonly ServerRecord[]> {
  const { schema } = connections.names;
  const rows = await read(connections, {
    name: "revo_servers",
    text: `select s.id, s.lease_ms, s.info, s.beat, ${schema}.ms(s.beat_at), s.desired, s.lost,
        (select count(*) from ${schema}.jobs j where j.state = 5 and j.server_id = s.id)
      from ${schema}.servers s order by s.id limit ${MOST_LISTED}`,
    values: [],
  });
  return rows.map(([serverId, leaseMs, info, beat, beatAt, desired, lost, processing]) => ({
    serverId: serverId ?? "",
    leaseMs: Number(leaseMs),
    info: info ?? "",
    beat: Number(beat),
    beatAt: new Date(Number(beatAt)),
    desired: DESIRES[Number(desired) - 1] ?? "run",
    lost: lost === "t",
    processing: Number(processing),
  }));
}

/** From a sample of the newest jobs. */
export async function suggest(
  connections: Connections,
  field: "types" | "tags",
  { prefix, limit }: { readonly prefix: string; readonly limit: number },
): Promise<readonly string[]> {
  const { schema } = connections.names;
  const value = field === "types" ? "r.type" : "unnest(r.tags)";
  const sample = (table: string): string =>
    `(select ${value} collate "C" as value from (
      select * from ${schema}.${table} d order by d.id desc limit ${SAMPLE}) r)`;
  const rows = await read(connections, {
    name: `revo_suggest_${field}`,
    text: `select distinct s.value from (${sample("jobs")} union all ${sample("jobs_done")}) s
      where starts_with(s.value, $1) order by s.value limit $2`,
    values: [prefix, limit],
  });
  return rows.map(([found]) => found ?? "");
}
