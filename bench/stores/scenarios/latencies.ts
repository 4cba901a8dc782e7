import { setTimeout as sleep } from "node:timers/promises";
import { latenciesOf } from "../latencies.ts";
import type { RemoteSystem } from "../process/remote-system.ts";
import type { Profile } from "../systems/bench-system.ts";
import {
  type Column,
  type Measurement,
  problemOf,
  type StoreScenario,
  type Trial,
} from "./store-scenario.ts";

const columns: readonly Column[] = [
  { figure: "p50", title: "p50 ms", better: "less" },
  { figure: "p95", title: "p95 ms", better: "less" },
  { figure: "p99", title: "p99 ms", better: "less" },
  { figure: "max", title: "max ms", better: "less" },
];

/** Time for a worker that has just started to come to rest, in milliseconds. */
const REST_MS = 1_500;

export const latencyScenarios: readonly StoreScenario[] = [
  {
    name: "latency",
    title: "From enqueue to start on an idle worker, latency settings",
    columns,
    limit: "latency",
    run: (trial) => startLatency(trial, "latency"),
  },
  {
    name: "latency-default",
    title: "From enqueue to start on an idle worker, default settings",
    columns,
    run: (trial) => startLatency(trial, "default"),
  },
  {
    name: "steady",
    title: "500 jobs/s with handlers of 10 ms, from enqueue to start",
    columns: [
      ...columns,
      { figure: "nodePercent", title: "node, % of a core", better: "less" },
      { figure: "serverPercent", title: "server, % of a core", better: "less" },
    ],
    async run(trial) {
      const seconds = trial.sizes.steadySeconds;
      const plan = { jobs: 500 * seconds, profile: "steady", handlerMs: 10 } as const;
      return await pair(trial, plan, (producer) =>
        producer.call("steady", { perSecond: 500, seconds }),
      );
    },
  },
  { name: "due", title: "Jobs due at the same moment, how late each starts", columns, run: due },
];

async function startLatency(trial: Trial, profile: Profile): Promise<Measurement> {
  // Two seconds from one look to the next.
  const isSlow = trial.system.name === "pg-boss" && profile === "default";
  const jobs = isSlow ? 20 : trial.sizes.latencyJobs;
  return await pair(trial, { jobs, profile, handlerMs: 0 }, (producer) =>
    producer.call("spaced", { jobs, leastMs: 5, mostMs: 50 }),
  );
}

/** One process enqueues, another runs. */
async function pair(
  trial: Trial,
  plan: { readonly jobs: number; readonly profile: Profile; readonly handlerMs: number },
  produce: (producer: RemoteSystem) => Promise<{ readonly ms: number }>,
): Promise<Measurement> {
  const { jobs, profile, handlerMs } = plan;
  const { server } = trial;
  await server.reset();
  await using producer = await trial.open({ isFirst: true, profile });
  await using worker = await trial.open({ role: "worker", profile });
  await worker.call("work", {
    ids: jobs,
    target: jobs,
    handlerMs,
    record: "latency",
    failEvery: 0,
  });
  await sleep(REST_MS);
  const workerBefore = await worker.call("usage");
  const serverBeforeMs = server.cpuMs();
  const { ms } = await produce(producer);
  const end = await worker.call("ended", { timeoutMs: 15_000 });
  const serverMs = server.cpuMs() - serverBeforeMs;
  const workerAfter = await worker.call("usage");
  const { count: _, ...latencies } = await worker.call("latencies");
  return {
    figures: {
      ...latencies,
      nodePercent: ((workerAfter.cpuMs - workerBefore.cpuMs) / ms) * 100,
      serverPercent: (serverMs / ms) * 100,
    },
    ...problemOf({ ...end, expected: jobs }),
  };
}

async function due(trial: Trial): Promise<Measurement> {
  // As many for the slow ones: how late a job starts depends on how many are due beside it.
  const jobs = trial.sizes.dueJobs;
  await trial.server.reset();
  await using producer = await trial.open({ isFirst: true, profile: "due" });
  // Far enough for the slowest to have stored them all, on a whole second.
  const dueMs =
    Math.ceil((Date.now() + (trial.system.share === undefined ? 4_000 : 15_000)) / 1000) * 1000;
  await producer.call("bulk", { jobs, firstId: 0, runAtMs: dueMs });
  const slackMs = dueMs - Date.now();
  await using worker = await trial.open({ role: "worker", profile: "due" });
  const plan = { ids: jobs, target: jobs, handlerMs: 0, record: "start", failEvery: 0 } as const;
  await worker.call("work", plan);
  await sleep(Math.max(0, dueMs - Date.now()));
  const end = await worker.call("ended", { timeoutMs: 30_000 });
  const lateMs = (await worker.call("starts")).map((startedMs) => startedMs - dueMs);
  const { count: _, ...latencies } = latenciesOf(lateMs);
  const early = lateMs.filter((ms) => ms < -2).length;
  const { problem } = problemOf({ ...end, expected: jobs });
  const problems = [
    ...(problem === undefined ? [] : [problem]),
    ...(early === 0 ? [] : [`${early} started early`]),
    ...(slackMs > 500 ? [] : ["they were stored too late"]),
  ];
  return {
    figures: { ...latencies, early },
    ...(problems.length === 0 ? {} : { problem: problems.join(", ") }),
  };
}
