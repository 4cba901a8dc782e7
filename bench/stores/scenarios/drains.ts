import { drain, drainColumns, drainUnderSnapshot } from "./drain.ts";
import type { StoreScenario } from "./store-scenario.ts";

export const drains: readonly StoreScenario[] = [
  {
    name: "drain",
    title: "Drain, one process, best settings",
    columns: drainColumns,
    limit: "drain",
    run: (trial) => drain(trial, { jobs: trial.drainJobs() }),
  },
  {
    name: "drain-2",
    title: "Drain, two processes, best settings",
    columns: drainColumns,
    run: (trial) => drain(trial, { jobs: trial.drainJobs(), processes: 2 }),
  },
  {
    name: "drain-default",
    title: "Drain, one process, default settings",
    columns: drainColumns,
    // By default it takes one job every two seconds.
    run: (trial) => {
      const most = trial.system.name === "pg-boss" ? 10 : Number.POSITIVE_INFINITY;
      return drain(trial, { jobs: Math.min(most, trial.drainJobs()), profile: "default" });
    },
  },
  {
    name: "drain-1ms",
    title: "Drain of jobs that wait 1 ms each, one process, best settings",
    columns: drainColumns,
    run: (trial) => drain(trial, { jobs: trial.drainJobs(), handlerMs: 1 }),
  },
  {
    name: "drain-4kb",
    title: "Drain of jobs with payloads of 4 kB, one process, best settings",
    columns: drainColumns,
    run: (trial) =>
      drain(trial, { jobs: Math.round(trial.drainJobs() / 2), bulk: { payloadBytes: 4_096 } }),
  },
  {
    name: "drain-failing",
    title: "Drain with one in twenty failing at first, one process, best settings",
    columns: [...drainColumns, { figure: "allMs", title: "all done, ms", better: "less" }],
    run: (trial) => drain(trial, { jobs: trial.drainJobs(), failEvery: 20 }),
  },
  {
    name: "drain-queues",
    title: "Drain of 50 queues with mixed priorities, one process, best settings",
    columns: drainColumns,
    run: (trial) =>
      drain(trial, {
        jobs: Math.round(trial.drainJobs() / 2),
        queues: Array.from({ length: 50 }, (_, index) => `bench-${index}`),
        bulk: { mixedPriorities: true },
      }),
  },
  {
    name: "drain-snapshot",
    title: "Drain after many others, all under one reader's open view, one process",
    columns: [
      ...drainColumns,
      { figure: "drained", title: "drains before, under the view", better: "more" },
    ],
    lastsMs: ({ snapshotSeconds }) => snapshotSeconds * 1000,
    leavesOut: ({ store, share }) => store === "redis" || share !== undefined,
    run: (trial) => drainUnderSnapshot(trial, { jobs: trial.drainJobs() }),
  },
];
