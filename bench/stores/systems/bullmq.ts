import {
  createPostgresBackend,
  type JobsOptions,
  Queue,
  runMigrations,
  Worker,
  type WorkerOptions,
} from "bullmq";
import { Redis } from "ioredis5";
import pg from "pg";
import type {
  BenchJob,
  BenchPayload,
  BenchSystem,
  Connection,
  OpenSystem,
} from "./bench-system.ts";

const dropped = { removeOnComplete: { count: 0 }, removeOnFail: { count: 0 } };

const redisSettings = {
  drain: { concurrency: 100 },
  latency: { concurrency: 10 },
  steady: { concurrency: 50 },
  due: { concurrency: 100 },
};

const postgresSettings = {
  drain: { concurrency: 16 },
  latency: { concurrency: 10 },
  steady: { concurrency: 50 },
  due: { concurrency: 32 },
};

/** Connections of a worker's pool on PostgreSQL. */
const poolSizes = { drain: 10, default: 10, latency: 10, steady: 20, due: 20 };
/** Each of many queues has a pool of its own: together they must stay below what the server takes. */
const FEW_CONNECTIONS = 2;

function onRedis(keepsHistory: boolean): BenchSystem {
  return {
    name: keepsHistory ? "bullmq-history" : "bullmq",
    title: keepsHistory ? "BullMQ, finished jobs kept" : "BullMQ",
    store: "redis",
    isOurs: false,
    packageName: "bullmq",
    keepsHistory,
    bulk: { call: "Queue.addBulk", chunk: 1_000, parallel: 4 },
    settings: redisSettings,
    open: (connection) =>
      open(connection, async (): Promise<Parts> => {
        const clients: Redis[] = [];
        // The fastest of the clients it takes, as of ioredis 6 and redis 6.
        const connect = (): { connection: Redis } => {
          const client = new Redis(connection.url, { maxRetriesPerRequest: null });
          clients.push(client);
          return { connection: client };
        };
        const options = connection.profile === "default" ? {} : redisSettings[connection.profile];
        return {
          queue: (name) => new Queue(name, connect()),
          worker: (name, handle) =>
            new Worker(name, handle, {
              ...connect(),
              ...workerOptions(connection, keepsHistory, options),
            }),
          close: async () => {
            for (const client of clients) client.disconnect();
          },
        };
      }),
  };
}

export const bullmqOnRedis: BenchSystem = onRedis(false);
export const bullmqOnRedisWithHistory: BenchSystem = onRedis(true);

export const bullmqOnPostgres: BenchSystem = {
  name: "bullmq-postgres",
  title: "BullMQ on PostgreSQL",
  store: "postgres",
  isOurs: false,
  packageName: "bullmq",
  keepsHistory: false,
  bulk: { call: "Queue.addBulk", chunk: 5_000, parallel: 2 },
  share: { drain: 0.2 },
  settings: postgresSettings,
  open: (connection) =>
    open(connection, async (): Promise<Parts> => {
      const { url, profile } = connection;
      if (connection.isFirst) await migrate(url);
      const options = profile === "default" ? {} : postgresSettings[profile];
      const isOneQueue = connection.queues.length === 1;
      const sizes = isOneQueue
        ? { queue: 20, worker: poolSizes[profile] }
        : { queue: FEW_CONNECTIONS, worker: FEW_CONNECTIONS };
      return {
        queue: (name) =>
          new Queue(
            name,
            { connection: { connectionString: url, max: sizes.queue } },
            createPostgresBackend,
          ),
        worker: (name, handle) =>
          new Worker(
            name,
            handle,
            {
              connection: { connectionString: url, max: sizes.worker },
              ...workerOptions(connection, false, options),
            },
            createPostgresBackend,
          ),
        close: async () => {},
      };
    }),
};

async function migrate(url: string): Promise<void> {
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  const client = await pool.connect();
  await runMigrations(client);
  client.release();
  await pool.end();
}

function workerOptions(
  { profile }: Connection,
  keepsHistory: boolean,
  options: object,
): Omit<WorkerOptions, "connection"> {
  return profile === "default" || keepsHistory ? options : { ...options, ...dropped };
}

type Queued = Pick<Queue, "add" | "addBulk" | "getJobCounts" | "waitUntilReady" | "close">;
type Working = Pick<Worker, "waitUntilReady" | "close"> & {
  on(event: "error", listener: () => void): unknown;
};

/** What differs between its two backends. */
interface Parts {
  queue(name: string): Queued;
  worker(name: string, handle: (job: { readonly data: BenchPayload }) => Promise<void>): Working;
  close(): Promise<void>;
}

async function open(
  { queues: names, retries }: Connection,
  connect: () => Promise<Parts>,
): Promise<OpenSystem> {
  const parts = await connect();
  const queues = new Map(names.map((name) => [name, parts.queue(name)]));
  const queueOf = (name: string): Queued => {
    const queue = queues.get(name);
    if (queue === undefined) throw new Error(`No queue ${name}`);
    return queue;
  };
  await Promise.all([...queues.values()].map((queue) => queue.waitUntilReady()));
  const workers: Working[] = [];
  const optionsOf = ({ runAtMs, priority }: BenchJob): JobsOptions => ({
    ...(runAtMs === undefined ? {} : { delay: Math.max(0, runAtMs - Date.now()) }),
    // 0 is "none" here, and goes before all others.
    ...(priority === undefined ? {} : { priority: priority + 1 }),
    ...(retries ? { attempts: 5 } : {}),
  });

  return {
    enqueueOne: (job) => queueOf(job.queue).add("noop", job.payload, optionsOf(job)),
    async enqueueMany(jobs) {
      for (const [queue, ofQueue] of Map.groupBy(jobs, (job) => job.queue)) {
        await queueOf(queue).addBulk(
          ofQueue.map((job) => ({ name: "noop", data: job.payload, opts: optionsOf(job) })),
        );
      }
    },
    async work(handle) {
      for (const name of names) {
        const worker = parts.worker(name, async ({ data }) => handle(data));
        worker.on("error", () => {});
        workers.push(worker);
      }
      await Promise.all(workers.map((worker) => worker.waitUntilReady()));
    },
    async pending() {
      const counts = await Promise.all(
        [...queues.values()].map((queue) => queue.getJobCounts("wait", "active", "prioritized")),
      );
      return counts.flatMap((ofQueue) => Object.values(ofQueue)).reduce((a, b) => a + b, 0);
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.close(true)));
      await Promise.all([...queues.values()].map((queue) => queue.close()));
      await parts.close();
    },
  };
}
