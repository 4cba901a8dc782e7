import type { Enqueued } from "../process/system-commands.ts";
import { type Column, type Measurement, type StoreScenario, type Trial } from "./store-scenario.ts";

const rate: Column = { figure: "rate", title: "jobs/s", better: "more" };
const cost: readonly Column[] = [
  { figure: "nodeUs", title: "node, µs a job", better: "less" },
  { figure: "serverUs", title: "server, µs a job", better: "less" },
];
/** Jobs that are enqueued before, so that code is compiled and connections are open. */
const WARM_UP = 500;
const LIMIT_MS = 4_000;

export const enqueues: readonly StoreScenario[] = [
  {
    name: "bulk",
    title: "Bulk enqueue",
    columns: [rate, ...cost, { figure: "peakMib", title: "peak MiB", better: "less" }],
    limit: "bulk",
    run: (trial) =>
      enqueue(trial, (producer) =>
        producer.call("bulk", { jobs: trial.bulkJobs(), firstId: WARM_UP }),
      ),
  },
  {
    name: "in-flight",
    title: "Single enqueue, 100 in flight",
    columns: [rate, ...cost],
    limit: "in-flight",
    run: (trial) =>
      enqueue(trial, (producer) => {
        const jobs = trial.sizes.inFlightJobs;
        return producer.call("inFlight", {
          jobs,
          firstId: WARM_UP,
          inFlight: 100,
          limitMs: LIMIT_MS,
        });
      }),
  },
  {
    name: "serial",
    title: "Single enqueue, each awaited",
    columns: [
      rate,
      { figure: "p50", title: "p50 ms", better: "less" },
      { figure: "p99", title: "p99 ms", better: "less" },
    ],
    limit: "serial",
    run: (trial) =>
      enqueue(trial, (producer) => {
        const jobs = trial.sizes.serialJobs;
        return producer.call("serial", { jobs, firstId: WARM_UP, limitMs: LIMIT_MS });
      }),
  },
];

type Producer = Awaited<ReturnType<Trial["open"]>>;

async function enqueue(
  trial: Trial,
  run: (
    producer: Producer,
  ) => Promise<Enqueued & { readonly latencies?: { readonly p50: number; readonly p99: number } }>,
): Promise<Measurement> {
  const { server } = trial;
  await server.reset();
  await using producer = await trial.open({ isFirst: true });
  const warmUp = await producer.call("inFlight", {
    jobs: WARM_UP,
    firstId: 0,
    inFlight: 100,
    limitMs: LIMIT_MS,
  });
  const serverBeforeMs = server.cpuMs();
  const { jobs, ms, cpuMs, latencies } = await run(producer);
  const serverMs = server.cpuMs() - serverBeforeMs;
  const { peakMib } = await producer.call("usage");
  const stored = await producer.call("pending");
  const expected = warmUp.jobs + jobs;
  return {
    figures: {
      rate: (jobs / ms) * 1000,
      nodeUs: (cpuMs / jobs) * 1000,
      serverUs: (serverMs / jobs) * 1000,
      peakMib,
      ...(latencies === undefined ? {} : { p50: latencies.p50, p99: latencies.p99 }),
    },
    ...(stored === expected ? {} : { problem: `${stored} of ${expected} stored` }),
  };
}
