import {
  type IJobStorage,
  type JobServerOptions,
  type JobTypeOptions,
  job,
  type Revo,
  RevoConfiguration,
  silentLogger,
} from "@revojs/core";
import type {
  BenchJob,
  BenchPayload,
  BenchSystem,
  Connection,
  OpenSystem,
  Store,
} from "./bench-system.ts";

/** Settings of the job server to try out, as JSON, in place of those of every profile. */
const tried = JSON.parse(process.env["REVO_BENCH_SERVER"] ?? "{}") as JobServerOptions;

export interface RevoVariant {
  readonly store: Store;
  readonly storeTitle: string;
  readonly keepsHistory: boolean;
  readonly settings: Readonly<Record<keyof BenchSystem["settings"], JobServerOptions>>;
  storage(url: string): IJobStorage;
}

/** Ours on one store, through everything that a user has: configuration, scheduler, job server, handler. */
export function revoOn(variant: RevoVariant): BenchSystem {
  const { store, storeTitle, keepsHistory, settings } = variant;
  return {
    name: `revo-${store}${keepsHistory ? "-history" : ""}`,
    title: `Revo Jobs, ${storeTitle}${keepsHistory ? ", default history" : ""}`,
    store,
    isOurs: true,
    packageName: `@revojs/${store}`,
    keepsHistory,
    bulk: { call: "enqueueJobs", chunk: 2_000, parallel: 2 },
    settings,
    open: (connection) => open(variant, connection),
  };
}

async function open(variant: RevoVariant, connection: Connection): Promise<OpenSystem> {
  const { queues, profile } = connection;
  let handle: ((payload: BenchPayload) => void | Promise<void>) | null = null;
  const options: JobTypeOptions = {
    ...(variant.keepsHistory ? {} : { retention: { succeeded: 0 } }),
    ...(connection.retries ? { retry: { kind: "fixed", delay: 0 } } : {}),
  };
  const noop = job("noop", (payload: BenchPayload) => handle?.(payload), options);
  const start = (configure: "producer" | "worker"): Promise<Revo> =>
    new RevoConfiguration()
      .useJobs(
        () => variant.storage(connection.url),
        (jobs) => {
          if (configure === "producer") jobs.declare(noop).producerOnly();
          else {
            const server = profile === "default" ? {} : variant.settings[profile];
            jobs.add(noop).server({ ...server, ...tried, queues, signals: false });
          }
        },
      )
      .useLogger({ ...silentLogger, error: console.error })
      .start();
  let revo = connection.role === "producer" ? await start("producer") : null;
  const started = (): Revo => {
    if (revo === null) throw new Error("Not started");
    return revo;
  };

  return {
    enqueueOne: ({ payload, runAtMs, queue, priority }) =>
      started().scheduler.enqueueJob(noop, payload, enqueueOptions({ runAtMs, queue, priority })),
    enqueueMany: (jobs) =>
      started().scheduler.enqueueJobs(
        jobs.map(({ payload, ...rest }) => ({ job: noop.with(payload), ...enqueueOptions(rest) })),
      ),
    async work(run) {
      handle = run;
      revo = await start("worker");
    },
    async pending() {
      const { monitor } = started();
      const atMost = 1_000_000;
      const now = await monitor.count({ states: ["enqueued", "processing"] }, { atMost });
      if (!connection.retries) return now.count;
      // What failed may wait for its next turn.
      const states = ["scheduled"] as const;
      const due = await monitor.count({ states, dueAt: { to: new Date() } }, { atMost });
      return now.count + due.count;
    },
    async close() {
      await revo?.stop();
    },
  };
}

type Place = { readonly [Key in "runAtMs" | "queue" | "priority"]: BenchJob[Key] | undefined };

function enqueueOptions({ runAtMs, queue, priority }: Partial<Place>): object {
  return {
    ...(runAtMs === undefined ? {} : { runAt: new Date(runAtMs) }),
    ...(queue === undefined ? {} : { queue }),
    ...(priority === undefined ? {} : { priority }),
  };
}
