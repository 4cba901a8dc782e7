import Queue from "bee-queue";
import type {
  BenchJob,
  BenchPayload,
  BenchSystem,
  Connection,
  OpenSystem,
} from "./bench-system.ts";

/** What every producer and worker does without, so that nothing but the job itself costs. */
const lean = { getEvents: false, sendEvents: false, storeJobs: false };
const dropped = { ...lean, removeOnSuccess: true };

const settings = {
  drain: { concurrency: 800, ...dropped },
  latency: { concurrency: 10, ...dropped },
  steady: { concurrency: 50, ...dropped },
  due: { concurrency: 100, ...dropped, activateDelayedJobs: true },
};

export const beeQueue: BenchSystem = {
  name: "bee-queue",
  title: "bee-queue",
  store: "redis",
  isOurs: false,
  packageName: "bee-queue",
  keepsHistory: false,
  bulk: { call: "Queue.saveAll", chunk: 1_000, parallel: 2 },
  settings,
  open,
};

async function open({ url, profile, queues: names, retries }: Connection): Promise<OpenSystem> {
  const redis = redisOptions(url);
  const producers = new Map(
    names.map((name) => [name, new Queue(name, { redis, isWorker: false, ...lean })]),
  );
  for (const producer of producers.values()) await producer.ready();
  const workers: Queue[] = [];
  const create = ({ payload, runAtMs, queue }: BenchJob): Queue.Job<BenchPayload> => {
    const producer = producers.get(queue);
    if (producer === undefined) throw new Error(`No queue ${queue}`);
    const job = producer.createJob(payload);
    if (runAtMs !== undefined) job.delayUntil(runAtMs);
    if (retries) job.retries(5);
    return job;
  };

  return {
    enqueueOne: (job) => create(job).save(),
    async enqueueMany(jobs) {
      for (const [queue, ofQueue] of Map.groupBy(jobs, (job) => job.queue)) {
        const errors = await producers.get(queue)?.saveAll(ofQueue.map(create));
        for (const error of errors?.values() ?? []) throw error;
      }
    },
    async work(handle) {
      const { concurrency, ...options } =
        profile === "default" ? { concurrency: undefined } : settings[profile];
      for (const name of names) {
        const worker = new Queue<BenchPayload>(name, { redis, ...options });
        worker.on("error", () => {});
        await worker.ready();
        workers.push(worker);
        const process = async ({ data }: Queue.Job<BenchPayload>): Promise<void> => handle(data);
        if (concurrency === undefined) worker.process(process);
        else worker.process(concurrency, process);
      }
    },
    async pending() {
      const health = await Promise.all([...producers.values()].map((queue) => queue.checkHealth()));
      return health.reduce((sum, { waiting, active }) => sum + waiting + active, 0);
    },
    async close() {
      await Promise.all([...workers, ...producers.values()].map((queue) => queue.close(500)));
    },
  };
}

/** Its old client reads a password in a URL only beside a user, whom it does not know. */
function redisOptions(url: string): object {
  const { hostname, port, password, pathname } = new URL(url);
  const db = Number(pathname.slice(1) || 0);
  return {
    host: hostname,
    port: Number(port || 6379),
    db,
    ...(password === "" ? {} : { password }),
  };
}
