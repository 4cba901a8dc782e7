import { Sidequest, type SidequestConfig } from "sidequest";
import type { BenchJob, BenchSystem, Connection, OpenSystem } from "./bench-system.ts";
import { handler, NoopJob } from "./sidequest-job.ts";

/** In this process and thread, since the results are checked here; by default both are another, which is slower. */
const inline = { fork: false, runner: "inline" } as const;

const settings = {
  drain: { ...inline, maxConcurrentJobs: 100, jobPollingInterval: 10 },
  latency: { ...inline, maxConcurrentJobs: 10, jobPollingInterval: 10 },
  steady: { ...inline, maxConcurrentJobs: 50, jobPollingInterval: 10 },
  due: { ...inline, maxConcurrentJobs: 100, jobPollingInterval: 10 },
};

type Driver = "@sidequest/postgres-backend" | "@sidequest/mongo-backend";

function sidequest(
  parts: Pick<BenchSystem, "name" | "title" | "store">,
  driver: Driver,
): BenchSystem {
  return {
    ...parts,
    isOurs: false,
    packageName: "sidequest",
    keepsHistory: true,
    bulk: { call: "none; enqueue() 100 in flight", chunk: 100, parallel: 1 },
    share: { drain: 0.02, bulk: 0.05 },
    settings,
    open: (connection) => open(connection, driver),
  };
}

export const sidequestOnPostgres: BenchSystem = sidequest(
  { name: "sidequest-postgres", title: "Sidequest on PostgreSQL", store: "postgres" },
  "@sidequest/postgres-backend",
);

export const sidequestOnMongodb: BenchSystem = sidequest(
  { name: "sidequest", title: "Sidequest on MongoDB", store: "mongodb" },
  "@sidequest/mongo-backend",
);

async function open(connection: Connection, driver: Driver): Promise<OpenSystem> {
  const { url, profile, queues, role } = connection;
  const options = profile === "default" ? inline : settings[profile];
  const config: SidequestConfig = {
    backend: { driver, config: url },
    queues: queues.map((name) =>
      profile === "default" ? { name } : { name, concurrency: settings[profile].maxConcurrentJobs },
    ),
    logger: { level: "error" },
    gracefulShutdown: false,
    dashboard: { enabled: false },
    ...options,
  };
  if (role === "producer") await Sidequest.configure(config);
  const build = ({ payload, runAtMs, queue }: BenchJob): Promise<unknown> => {
    const job = Sidequest.build(NoopJob).queue(queue);
    if (runAtMs !== undefined) job.availableAt(new Date(runAtMs));
    if (connection.retries) job.maxAttempts(5).retryDelay(1).backoffStrategy("fixed");
    return job.enqueue(payload);
  };

  return {
    enqueueOne: build,
    enqueueMany: (jobs) => Promise.all(jobs.map(build)),
    async work(handle) {
      handler.handle = handle;
      // Two that start at once both make the queue, and the second fails.
      await Sidequest.start(config).catch(() => Sidequest.start(config));
    },
    async pending() {
      const { waiting, claimed, running } = await Sidequest.job.count();
      return waiting + claimed + running;
    },
    close: () => Sidequest.stop(),
  };
}
