import { drainColumns } from "./drain.ts";
import { type Measurement, problemOf, type StoreScenario, type Trial } from "./store-scenario.ts";

const DAY_MS = 86_400_000;

/** Drains in front of what stays: none, many that are ready, many that are scheduled; with and without a look at the tables. */
export const backlogs: readonly StoreScenario[] = [
  backlog("backlog-none", "The first of few ready jobs", (trial) => drainFirst(trial, {})),
  backlog("backlog-ready", "The first of many ready jobs, tables analyzed", (trial) =>
    drainFirst(trial, { ready: trial.sizes.backlogJobs }),
  ),
  {
    ...backlog("backlog-ready-fresh", "The first of many ready jobs, never analyzed", (trial) =>
      drainFirst(trial, { ready: trial.sizes.backlogJobs, analyze: false }),
    ),
    leavesOut: ({ store, share }) => store !== "postgres" || share !== undefined,
  },
  backlog("backlog-scheduled", "Ready jobs beside many scheduled ones, tables analyzed", (trial) =>
    drainFirst(trial, { scheduled: trial.sizes.backlogJobs }),
  ),
  {
    ...backlog(
      "backlog-scheduled-fresh",
      "Ready jobs beside many scheduled ones, never analyzed",
      (trial) => drainFirst(trial, { scheduled: trial.sizes.backlogJobs, analyze: false }),
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

/** Until the first ones are handled; what is behind or beside them stays. */
async function drainFirst(
  trial: Trial,
  stored: { readonly ready?: number; readonly scheduled?: number; readonly analyze?: boolean },
): Promise<Measurement> {
  const { ready = 0, scheduled = 0, analyze = true } = stored;
  const { server, sizes } = trial;
  const jobs = sizes.backlogDrainJobs;
  await server.reset();
  {
    await using producer = await trial.open({ isFirst: true });
    const runAtMs = Date.now() + DAY_MS;
    await producer.call("bulk", { jobs: scheduled, firstId: jobs * 2, runAtMs });
    // As many again at least, so that the end is like the middle in all cases.
    await producer.call("bulk", { jobs: jobs * 2 + ready, firstId: 0 });
    await server.settle(analyze);
  }
  await using worker = await trial.open({ role: "worker" });
  const serverBeforeMs = server.cpuMs();
  const ids = jobs * 2 + ready;
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
