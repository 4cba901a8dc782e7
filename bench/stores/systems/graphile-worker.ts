import { Logger, makeWorkerUtils, run, type Runner } from "graphile-worker";
import pg from "pg";
import type {
  BenchJob,
  BenchPayload,
  BenchSystem,
  Connection,
  OpenSystem,
} from "./bench-system.ts";

/** Batched claims and settlements; 2,000 fetched at once was the fastest of nine settings, before the documented 500. */
const batched = {
  concurrentJobs: 24,
  maxPoolSize: 25,
  localQueue: { size: 2000, refetchDelay: { durationMs: 10 } },
  completeJobBatchDelay: 0,
  failJobBatchDelay: 0,
};

const settings = {
  drain: batched,
  latency: { concurrentJobs: 10, maxPoolSize: 11 },
  steady: {
    concurrentJobs: 50,
    maxPoolSize: 20,
    completeJobBatchDelay: 0,
    failJobBatchDelay: 0,
  },
  due: { ...batched, localQueue: { ...batched.localQueue, size: 500 } },
};

export const graphileWorker: BenchSystem = {
  name: "graphile-worker",
  title: "graphile-worker",
  store: "postgres",
  isOurs: false,
  packageName: "graphile-worker",
  keepsHistory: false,
  bulk: { call: "WorkerUtils.addJobs", chunk: 5_000, parallel: 2 },
  settings,
  open,
};

async function open({ url, isFirst, profile, queues }: Connection): Promise<OpenSystem> {
  const pool = new pg.Pool({ connectionString: url, max: 20 });
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  const logger = new Logger(() => (level, message) => {
    if (level === "error") console.error("graphile-worker:", message);
  });
  const utils = await makeWorkerUtils({ pgPool: pool, logger });
  if (isFirst) await utils.migrate();
  let runner: Runner | null = null;

  return {
    enqueueOne: (job) => utils.addJob(job.queue, job.payload, optionsOf(job)),
    enqueueMany: (jobs) =>
      utils.addJobs(
        jobs.map((job) => ({ identifier: job.queue, payload: job.payload, ...optionsOf(job) })),
      ),
    async work(handle) {
      const task = (payload: unknown): void | Promise<void> => handle(payload as BenchPayload);
      runner = await run({
        preset: {
          worker: { connectionString: url, ...(profile === "default" ? {} : settings[profile]) },
        },
        logger,
        noHandleSignals: true,
        // Its queues run one job at a time; what others call a queue is a task here.
        taskList: Object.fromEntries(queues.map((queue) => [queue, task])),
      });
    },
    async pending() {
      const { rows } = await pool.query<{ readonly pending: number }>(
        "select count(*)::int as pending from graphile_worker._private_jobs where run_at <= now()",
      );
      return rows[0]?.pending ?? 0;
    },
    async close() {
      await runner?.stop();
      await utils.release();
      await pool.end();
    },
  };
}

function optionsOf({ runAtMs, priority }: BenchJob): { runAt?: Date; priority?: number } {
  return {
    ...(runAtMs === undefined ? {} : { runAt: new Date(runAtMs) }),
    ...(priority === undefined ? {} : { priority }),
  };
}
