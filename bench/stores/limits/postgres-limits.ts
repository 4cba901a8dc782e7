import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { nowMs } from "../clock.ts";
import { latenciesOf } from "../latencies.ts";
import { drainInLanes, runInFlight, serially } from "./limit-loops.ts";
import type { LimitFigures, StoreLimits } from "./store-limit.ts";

const LANES = 2;
const BATCH = 1_000;
const CONNECTIONS = 50;

/** A table with what a job needs, no more; indexes for what is ready, due, and held by a server. */
const schema = `
drop schema if exists bare cascade;
create schema bare;
create table bare.jobs (
  id uuid primary key, queue text not null, type text not null, state smallint not null,
  priority smallint not null, ready_at timestamptz not null, due_at timestamptz,
  attempt int not null default 0, max_attempts int not null default 10, token bigint, server int,
  started_at timestamptz, payload text, meta text
) with (fillfactor = 85, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
create index on bare.jobs (queue, priority, ready_at, id) where state = 1;
create index on bare.jobs (due_at, id) where state = 0;
create index on bare.jobs (server, id) where state = 2;
create table bare.finished (
  id uuid not null, queue text not null, type text not null, state smallint not null,
  priority smallint not null, attempt int, started_at timestamptz,
  finished_at timestamptz not null default clock_timestamp(), server int, payload text, meta text
);
create index on bare.finished (id);
create index on bare.finished (finished_at);
create index on bare.finished (state, finished_at);`;

/** Settles a batch and claims the next one: one call, one commit, with a plan that can't change. */
const exchange = (settle: string): string => `
create function bare.exchange(ids uuid[], held bigint, batch int, lease bigint, holder int)
returns table (id uuid, type text, payload text, attempt int, meta text)
language plpgsql
set enable_seqscan = off set enable_sort = off set enable_bitmapscan = off set jit = off
as $$
#variable_conflict use_column
begin
  if cardinality(ids) > 0 then ${settle}; end if;
  return query
    update bare.jobs j set state = 2, token = lease, server = holder, attempt = j.attempt + 1,
      started_at = clock_timestamp()
    where j.ctid = any(array(
      select k.ctid from bare.jobs k where k.state = 1 and k.queue = 'bench'
      order by k.queue, k.priority, k.ready_at, k.id limit batch for update skip locked))
    returning j.id, j.type, j.payload, j.attempt, j.meta;
end $$`;

const drop = "delete from bare.jobs j where j.id = any(ids) and j.state = 2 and j.token = held";
const keep = `
  with gone as (${drop} returning j.*)
  insert into bare.finished (id, queue, type, state, priority, attempt, started_at, server, payload, meta)
  select id, queue, type, 5, priority, attempt, started_at, server, payload, meta from gone`;

const insert = `
insert into bare.jobs (id, queue, type, state, priority, ready_at, payload)
select id, 'bench', 'noop', 1, 5, clock_timestamp(), payload from unnest($1::uuid[], $2::text[]) as new(id, payload)`;

export const postgresLimits: StoreLimits = {
  drain: (url, { drainJobs }) =>
    withClients(url, LANES, async (clients) => ({
      rate: await drainWith(clients, drainJobs, drop),
      historyRate: await drainWith(clients, drainJobs, keep),
    })),

  bulk: (url, { bulkJobs }) =>
    withClients(url, LANES, async (clients) => {
      await clients[0].query(schema);
      return { rate: await fill(clients, bulkJobs) };
    }),

  "in-flight": (url, { inFlightJobs }) =>
    withClients(url, CONNECTIONS, async (clients) => {
      await clients[0].query(schema);
      const rate = await runInFlight(inFlightJobs, clients.length, (i, lane) =>
        insertRows(clients[lane], i, 1),
      );
      return { rate };
    }),

  serial: (url, { serialJobs }) =>
    withClients(url, 1, async (clients) => {
      await clients[0].query(schema);
      return await serially(serialJobs, (i) => insertRows(clients[0], i, 1));
    }),

  latency: (url, { latencyJobs }) =>
    withClients(url, 3, async ([listener, producer, worker]) => {
      await listener.query(schema);
      await listener.query(exchange(drop));
      return await wakeUps({ listener, producer, worker, jobs: latencyJobs });
    }),
};

/** Insert, notify, claim: from the call of the insert until the job is there. */
async function wakeUps({
  listener,
  producer,
  worker,
  jobs,
}: {
  readonly listener: pg.Client;
  readonly producer: pg.Client;
  readonly worker: pg.Client;
  readonly jobs: number;
}): Promise<LimitFigures> {
  const latencies: number[] = [];
  let claimed: (() => void) | undefined;
  listener.on("notification", () => {
    void claim(worker, [], { lane: 0, round: latencies.length }, 1).then(() => claimed?.());
  });
  await listener.query("listen bare");
  for (let i = 0; i < jobs; i++) {
    await sleep(5);
    const start = new Promise<void>((resolve) => {
      claimed = resolve;
    });
    const startedMs = nowMs();
    const enqueued = producer.query({
      name: "wake",
      text: `with new as (${insert} returning id) select pg_notify('bare', '') from new`,
      values: [[idOf(i)], [payloadOf(i)]],
    });
    await start;
    latencies.push(nowMs() - startedMs);
    await enqueued;
  }
  const { count: _, ...figures } = latenciesOf(latencies);
  return figures;
}

async function drainWith(clients: Clients, jobs: number, settle: string): Promise<number> {
  await clients[0].query(schema);
  await clients[0].query(exchange(settle));
  await fill(clients, jobs);
  await clients[0].query("vacuum analyze");
  await clients[0].query("checkpoint");
  return await drainInLanes(jobs, LANES, (ids, place) => claim(clients[place.lane], ids, place));
}

async function claim(
  client: pg.Client | undefined,
  ids: readonly string[],
  { lane, round }: { readonly lane: number; readonly round: number },
  batch = BATCH,
): Promise<string[]> {
  if (client === undefined) throw new Error("No connection");
  const token = lane * 1_000_000_000 + round;
  const { rows } = await client.query<{ readonly id: string }>({
    name: "exchange",
    text: "select * from bare.exchange($1::uuid[], $2, $3, $4, $5)",
    values: [ids, token - 1, batch, token, lane],
  });
  return rows.map(({ id }) => id);
}

async function fill(clients: Clients, jobs: number): Promise<number> {
  return (
    BATCH *
    (await runInFlight(Math.ceil(jobs / BATCH), clients.length, (chunk, lane) =>
      insertRows(clients[lane], chunk * BATCH, Math.min(BATCH, jobs - chunk * BATCH)),
    ))
  );
}

async function insertRows(
  client: pg.Client | undefined,
  first: number,
  count: number,
): Promise<void> {
  const ids: string[] = [];
  const payloads: string[] = [];
  for (let i = first; i < first + count; i++) {
    ids.push(idOf(i));
    payloads.push(payloadOf(i));
  }
  await client?.query({ name: "insert", text: insert, values: [ids, payloads] });
}

/** As UUIDv7: in order of time, so that the index grows at its end. */
function idOf(i: number): string {
  const time = (Date.now() * 4096 + (i & 4095)).toString(16).padStart(15, "0");
  const chance = randomBytes(8).toString("hex");
  return `${time.slice(0, 8)}-${time.slice(8, 12)}-7${time.slice(12, 15)}-8${chance.slice(0, 3)}-${chance.slice(3, 15)}`;
}

function payloadOf(i: number): string {
  return `{"i":${i}}`;
}

type Clients = readonly [pg.Client, ...pg.Client[]];

async function withClients<Result>(
  url: string,
  count: number,
  use: (clients: readonly [pg.Client, pg.Client, pg.Client]) => Promise<Result>,
): Promise<Result> {
  const clients = Array.from({ length: count }, () => new pg.Client(url));
  await Promise.all(clients.map((client) => client.connect()));
  try {
    return await use(clients as unknown as readonly [pg.Client, pg.Client, pg.Client]);
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}
