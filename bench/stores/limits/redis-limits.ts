import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis5";
import { nowMs } from "../clock.ts";
import { latenciesOf } from "../latencies.ts";
import { drainInLanes, perSecond, runInFlight, serially } from "./limit-loops.ts";
import type { StoreLimits } from "./store-limit.ts";

const LANES = 2;
const BATCH = 500;
const READY = "{bare}:ready";

/** Stores jobs that come as pairs of id and payload: a hash each, and one list. */
const enqueueScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local push = {}
for i = 1, #ARGV, 2 do
  local key = '{bare}:job:' .. ARGV[i]
  if redis.call('EXISTS', key) == 0 then
    redis.call('HSET', key, 's', '1', 'q', 'bench', 't', 'noop', 'a', '0', 'm', '10', 'r', now, 'p', ARGV[i + 1])
    push[#push + 1] = ARGV[i]
  end
end
if #push > 0 then redis.call('RPUSH', KEYS[1], unpack(push)) end
return #push`;

/** Settles the jobs held with one token and claims the next ones with another, as one server. */
const exchangeScript = (settle: string): string => `
local server, held, lease, batch = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local holding = '{bare}:server:' .. server
local gone = {}
for i = 5, #ARGV do
  local key = '{bare}:job:' .. ARGV[i]
  local found = redis.call('HMGET', key, 's', 'k')
  if found[1] == '2' and found[2] == held then
    gone[#gone + 1] = ARGV[i]
    ${settle}
  end
end
if #gone > 0 then redis.call('SREM', holding, unpack(gone)) end
redis.call('ZRANGE', '{bare}:due', '-inf', now, 'BYSCORE', 'LIMIT', 0, 200)
local jobs, claimed = {}, {}
local ids = redis.call('LPOP', KEYS[1], batch) or {}
for i = 1, #ids do
  local key = '{bare}:job:' .. ids[i]
  local found = redis.call('HMGET', key, 's', 'a', 'm', 'r', 'p', 't')
  if found[1] == '1' then
    redis.call('HSET', key, 's', '2', 'k', lease, 'o', server, 'a', found[2] + 1, 'b', now)
    claimed[#claimed + 1] = ids[i]
    jobs[#jobs + 1] = ids[i]
    jobs[#jobs + 1] = found[5]
  end
end
if #claimed > 0 then redis.call('SADD', holding, unpack(claimed)) end
return jobs`;

const drop = "redis.call('UNLINK', key)";
const keep = `redis.call('HSET', key, 's', '5', 'f', now)
    redis.call('ZADD', '{bare}:finished', now + 86400000, ARGV[i])`;

export const redisLimits: StoreLimits = {
  drain: (url, { drainJobs }) =>
    withClients(url, LANES, async (clients) => ({
      rate: await drainWith(clients, drainJobs, drop),
      historyRate: await drainWith(clients, drainJobs, keep),
    })),

  bulk: (url, { bulkJobs }) =>
    withClients(url, LANES, async (clients) => {
      await clients[0].flushdb();
      return { rate: await fill(clients, bulkJobs) };
    }),

  "in-flight": (url, { inFlightJobs }) =>
    withClients(url, 1, async ([client]) => {
      await client.flushdb();
      const rate = await runInFlight(inFlightJobs, 100, (i) => client.lpush(READY, payloadOf(i)));
      return { rate };
    }),

  serial: (url, { serialJobs }) =>
    withClients(url, 1, async ([client]) => {
      await client.flushdb();
      return await serially(serialJobs, (i) => client.lpush(READY, payloadOf(i)));
    }),

  /** A pop that waits: from the call of the push until it has answered. */
  latency: (url, { latencyJobs }) =>
    withClients(url, 2, async ([producer, worker]) => {
      const latencies: number[] = [];
      for (let i = 0; i < latencyJobs; i++) {
        const popped = worker.blpop(READY, 0);
        await sleep(5);
        const startedMs = nowMs();
        const pushed = producer.lpush(READY, payloadOf(i));
        await popped;
        latencies.push(nowMs() - startedMs);
        await pushed;
      }
      const { count: _, ...figures } = latenciesOf(latencies);
      return figures;
    }),
};

async function drainWith(clients: Clients, jobs: number, settle: string): Promise<number> {
  await clients[0].flushdb();
  await fill(clients, jobs);
  const sha = await load(clients, exchangeScript(settle));
  return await drainInLanes(jobs, LANES, async (ids, { lane, round }) => {
    const tokens = [`${lane}-${round - 1}`, `${lane}-${round}`];
    const reply = await clientOf(clients, lane).evalsha(
      sha,
      1,
      READY,
      "server",
      ...tokens,
      BATCH,
      ...ids,
    );
    return (reply as string[]).filter((_, index) => index % 2 === 0);
  });
}

async function fill(clients: Clients, jobs: number): Promise<number> {
  const sha = await load(clients, enqueueScript);
  const chunks = Math.ceil(jobs / BATCH);
  const startedMs = nowMs();
  await runInFlight(chunks, LANES * 2, async (chunk, lane) => {
    const pairs: string[] = [];
    for (let i = chunk * BATCH; i < Math.min(jobs, (chunk + 1) * BATCH); i++) {
      pairs.push(i.toString(36).padStart(22, "0"), payloadOf(i));
    }
    await clientOf(clients, lane % LANES).evalsha(sha, 1, READY, ...pairs);
  });
  const rate = perSecond(jobs, startedMs);
  const stored = await clients[0].llen(READY);
  if (stored !== jobs) throw new Error(`${stored} of ${jobs} stored`);
  return rate;
}

async function load(clients: Clients, script: string): Promise<string> {
  return String(await clients[0].script("LOAD", script));
}

function payloadOf(i: number): string {
  return `{"i":${i}}`;
}

function clientOf(clients: Clients, lane: number): Redis {
  const client = clients[lane];
  if (client === undefined) throw new Error("No connection");
  return client;
}

type Clients = readonly [Redis, Redis];

async function withClients<Result>(
  url: string,
  count: number,
  use: (clients: Clients) => Promise<Result>,
): Promise<Result> {
  const clients = Array.from({ length: count }, () => new Redis(url));
  try {
    return await use(clients as unknown as Clients);
  } finally {
    for (const client of clients) client.disconnect();
  }
}
