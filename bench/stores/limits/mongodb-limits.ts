import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type Collection, MongoClient } from "mongodb";
import { nowMs } from "../clock.ts";
import { latenciesOf } from "../latencies.ts";
import { drainInLanes, runInFlight, serially } from "./limit-loops.ts";
import type { StoreLimits } from "./store-limit.ts";

const LANES = 2;
const BATCH = 1_000;
const journaled = { writeConcern: { w: "majority" } } as const;
const memory = { writeConcern: { w: 1, j: false } } as const;

interface BareJob {
  readonly _id: string;
  readonly q: string;
  readonly st: number;
  readonly pr: number;
  readonly ra: Date;
  readonly at: number;
  readonly pl: string;
  readonly tk?: string;
}

export const mongodbLimits: StoreLimits = {
  drain: (url, { drainJobs }) =>
    withJobs(url, async (jobs) => ({
      rate: await drainWith(jobs, drainJobs, "drop"),
      historyRate: await drainWith(jobs, drainJobs, "keep"),
    })),

  bulk: (url, { bulkJobs }) =>
    withJobs(url, async (jobs) => {
      await makeIndexes(jobs);
      return { rate: await fill(jobs, bulkJobs, 4) };
    }),

  "in-flight": (url, { inFlightJobs }) =>
    withJobs(url, async (jobs) => {
      await makeIndexes(jobs);
      const rate = await runInFlight(inFlightJobs / 4, 100, (i) => jobs.insertOne(jobOf(i)));
      return { rate };
    }),

  serial: (url, { serialJobs }) =>
    withJobs(url, async (jobs) => {
      await makeIndexes(jobs);
      return await serially(Math.min(serialJobs, 1_000), (i) => jobs.insertOne(jobOf(i)));
    }),

  /** A change stream: from the call of the insert until it tells. */
  latency: (url, { latencyJobs }) =>
    withJobs(url, async (jobs) => {
      await makeIndexes(jobs);
      const stream = jobs.watch([{ $match: { operationType: "insert" } }]);
      let told: (() => void) | undefined;
      stream.on("change", () => told?.());
      await sleep(500);
      const latencies: number[] = [];
      for (let i = 0; i < latencyJobs; i++) {
        await sleep(5);
        const change = new Promise<void>((resolve) => {
          told = resolve;
        });
        const startedMs = nowMs();
        await jobs.insertOne(jobOf(i), journaled);
        await change;
        latencies.push(nowMs() - startedMs);
      }
      await stream.close();
      const { count: _, ...figures } = latenciesOf(latencies);
      return figures;
    }),
};

async function drainWith(
  jobs: Collection<BareJob>,
  count: number,
  settle: "drop" | "keep",
): Promise<number> {
  await jobs.drop();
  await makeIndexes(jobs);
  await fill(jobs, count, 2);
  return await drainInLanes(count, LANES, async (ids, { lane, round }) => {
    if (ids.length > 0) {
      const held = { _id: { $in: [...ids] }, tk: `${lane}-${round - 1}`, st: 2 };
      if (settle === "drop") await jobs.deleteMany(held, journaled);
      else {
        const finished = { $set: { st: 5 }, $currentDate: { fin: true } } as object;
        await jobs.updateMany(held, finished, journaled);
      }
    }
    return await claim(jobs, `${lane}-${round}`);
  });
}

/** Reads the first ones whole; when all of them become ours, nothing has to be read again. */
async function claim(jobs: Collection<BareJob>, token: string): Promise<readonly string[]> {
  for (;;) {
    const found = await jobs
      .find(
        { q: "bench", st: 1 },
        { sort: { pr: 1, ra: 1, _id: 1 }, limit: BATCH, batchSize: BATCH },
      )
      .toArray();
    if (found.length === 0) return [];
    const ids = found.map(({ _id }) => _id);
    const taken = {
      $set: { st: 2, tk: token, se: 1 },
      $currentDate: { sa: true },
      $inc: { at: 1 },
    };
    const { modifiedCount } = await jobs.updateMany(
      { _id: { $in: ids }, st: 1 },
      taken as object,
      memory,
    );
    if (modifiedCount === ids.length) return ids;
    if (modifiedCount === 0) continue;
    const ours = await jobs.find({ _id: { $in: ids }, tk: token }, { batchSize: BATCH }).toArray();
    return ours.map(({ _id }) => _id);
  }
}

async function fill(jobs: Collection<BareJob>, count: number, lanes: number): Promise<number> {
  const rate = await runInFlight(Math.ceil(count / BATCH), lanes, (chunk) => {
    const first = chunk * BATCH;
    const length = Math.min(BATCH, count - first);
    const documents = Array.from({ length }, (_, i) => jobOf(first + i));
    return jobs.insertMany(documents, { ordered: false, ...journaled });
  });
  const stored = await jobs.countDocuments({ st: 1 });
  if (stored !== count) throw new Error(`${stored} of ${count} stored`);
  return rate * BATCH;
}

async function makeIndexes(jobs: Collection<BareJob>): Promise<void> {
  const ready = { q: 1, pr: 1, ra: 1, _id: 1 } as const;
  await jobs.createIndex(ready, { partialFilterExpression: { st: 1 } });
  await jobs.createIndex({ due: 1 }, { partialFilterExpression: { st: 0 } });
  await jobs.createIndex({ se: 1 }, { partialFilterExpression: { st: 2 } });
}

function jobOf(i: number): BareJob {
  return { _id: randomUUID(), q: "bench", st: 1, pr: 5, ra: new Date(), at: 0, pl: `{"i":${i}}` };
}

async function withJobs<Result>(
  url: string,
  use: (jobs: Collection<BareJob>) => Promise<Result>,
): Promise<Result> {
  const client = await new MongoClient(url, { maxPoolSize: 100 }).connect();
  try {
    return await use(client.db().collection<BareJob>("bare"));
  } finally {
    await client.close();
  }
}
