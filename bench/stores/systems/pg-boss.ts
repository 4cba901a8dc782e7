import pg from "pg";
import { PgBoss } from "pg-boss";
import type {
  BenchJob,
  BenchPayload,
  BenchSystem,
  Connection,
  OpenSystem,
} from "./bench-system.ts";

const settings = {
  drain: {
    batchSize: 2000,
    localConcurrency: 2,
    burstWhenBatchFull: true,
    pollingIntervalSeconds: 0.5,
  },
  latency: { batchSize: 1, localConcurrency: 2, pollingIntervalSeconds: 0.5 },
  // One worker for each job collapses: every notification wakes all fifty.
  steady: {
    batchSize: 10,
    localConcurrency: 5,
    burstWhenBatchFull: true,
    pollingIntervalSeconds: 0.5,
  },
  due: {
    batchSize: 1000,
    localConcurrency: 2,
    burstWhenBatchFull: true,
    pollingIntervalSeconds: 0.5,
  },
};

export const pgBoss: BenchSystem = {
  name: "pg-boss",
  title: "pg-boss",
  store: "postgres",
  isOurs: false,
  packageName: "pg-boss",
  keepsHistory: true,
  bulk: { call: "insert(queue, jobs)", chunk: 1_000, parallel: 4 },
  settings,
  open,
};

async function open(connection: Connection): Promise<OpenSystem> {
  const { url, role, isFirst, profile, queues, retries } = connection;
  const notify = profile === "latency" || profile === "steady";
  const maintains = isFirst || role === "worker";
  const boss = new PgBoss({
    connectionString: url,
    max: 20,
    useListenNotify: notify,
    ...(maintains ? {} : { supervise: false, schedule: false }),
  });
  boss.on("error", (error) => console.error("pg-boss:", error.message));
  boss.on("warning", () => {});
  await boss.start();
  if (isFirst) for (const queue of queues) await boss.createQueue(queue, { notify });
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  pool.on("error", () => {});
  const optionsOf = ({ runAtMs, priority }: BenchJob): object => ({
    ...(runAtMs === undefined ? {} : { startAfter: new Date(runAtMs) }),
    // Here the greater number is first.
    ...(priority === undefined ? {} : { priority: 9 - priority }),
    ...(retries ? { retryLimit: 5, retryDelay: 0 } : {}),
  });

  return {
    enqueueOne: (job) => boss.send(job.queue, job.payload, optionsOf(job)),
    async enqueueMany(jobs) {
      for (const [queue, ofQueue] of Map.groupBy(jobs, (job) => job.queue)) {
        await boss.insert(
          queue,
          ofQueue.map((job) => ({ data: job.payload, ...optionsOf(job) })),
        );
      }
    },
    async work(handle) {
      const options = profile === "default" ? {} : settings[profile];
      const run = async (payload: BenchPayload): Promise<"completed" | "failed"> => {
        try {
          await handle(payload);
          return "completed";
        } catch {
          return "failed";
        }
      };
      for (const queue of queues) {
        // One that throws would fail the whole batch.
        if (retries) {
          await boss.work<BenchPayload>(queue, { ...options, perJobResults: true }, (jobs) =>
            Promise.all(jobs.map(async ({ id, data }) => ({ id, status: await run(data) }))),
          );
        } else {
          await boss.work<BenchPayload>(queue, options, async (jobs) => {
            await Promise.all(jobs.map(async ({ data }) => handle(data)));
          });
        }
      }
    },
    async pending() {
      const { rows } = await pool.query<{ readonly pending: number }>(
        "select count(*)::int as pending from pgboss.job where state < 'completed' and start_after <= now()",
      );
      return rows[0]?.pending ?? 0;
    },
    async close() {
      await pool.end();
      await boss.stop({ graceful: false, close: true });
    },
  };
}
