import { drain, drainColumns } from "./drain.ts";
import { type Measurement, problemOf, type StoreScenario, type Trial } from "./store-scenario.ts";

const DAY_MS = 86_400_000;

/** Drains in front of what stays: none, many that are ready, many that are scheduled; with and without a look at the tables. */
export const backlogs: readonly StoreScenario[] = [
  backlog("backlog-none", "The first of few ready jobs", (trial) => drainFirst(trial, 0, true)),
  backlog("backlog-ready", "The first of many ready jobs, tables analyzed", (trial) =>
    drainFirst(trial, trial.sizes.backlogJobs, true),
  ),
  {
    ...backlog("backlog-ready-fresh", "The first of many ready jobs, never analyzed", (trial) =>
      drainFirst(trial, trial.sizes.backlogJobs, false),
    ),
    leavesOut: ({ store, share }) => store !== "postgres" || share !== undefined,
  },
  backlog("backlog-scheduled", "Ready jobs beside many scheduled ones, tables analyzed", (trial) =>
    drainBeside(trial, true),
  ),
  {
    ...backlog(
      "backlog-scheduled-fresh",
      "Ready jobs beside many scheduled ones, never analyzed",
      (trial) => drainBeside(trial, false),
    ),
    leavesOut: ({ store, share }) => store !== "postgres" || share !== undefined,
  },
];

function backlog(name: string, title: string, run: StoreScenario["run"]): StoreScenario {
  return {
    name,
    title: `${title}, one process, best settings`,
    columns: drainColumns.slice(0, 3),
    // They would take hours to fill the store.
    leavesOut: ({ share }) => share !== undefined,
    run,
  };
}

function drainBeside(trial: Trial, analyze: boolean): Promise<Measurement> {
  const backlogJobs = trial.sizes.backlogJobs;
  return drain(trial, {
    jobs: trial.sizes.backlogDrainJobs,
    analyze,
    backlog: { jobs: backlogJobs, runAtMs: Date.now() + DAY_MS },
  });
}

/** Until the first ones are handled; what is behind them stays. */
async function drainFirst(trial: Trial, behind: number, analyze: boolean): Promise<Measurement> {
  const { server, sizes } = trial;
  const jobs = sizes.backlogDrainJobs;
  await server.reset();
  {
    await using producer = await trial.open({ isFirst: true });
    // As many again at least, so that the end is like the middle in both cases.
    await producer.call("bulk", { jobs: jobs * 2 + behind, firstId: 0 });
    await server.settle(analyze);
  }
  await using worker = await trial.open({ role: "worker" });
  const serverBeforeMs = server.cpuMs();
  const ids = jobs * 2 + behind;
  await worker.call("work", { ids, target: jobs, handlerMs: 0, record: "nothing", failEvery: 0 });
  const end = await worker.call("ended", { timeoutMs: sizes.drainLimitMs });
  const serverMs = server.cpuMs() - serverBeforeMs;
  // One that is asked to end may first run what it holds.
  worker.kill();
  return {
    figures: {
      rate: (Math.min(end.distinct, jobs) / (end.endedMs - end.startedMs)) * 1000,
      nodeUs: (end.cpuMs / jobs) * 1000,
      serverUs: (serverMs / jobs) * 1000,
    },
    ...problemOf({
      expected: jobs,
      distinct: Math.min(end.distinct, jobs),
      repeated: end.repeated,
    }),
  };
}
