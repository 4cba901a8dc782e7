import { setTimeout as sleep } from "node:timers/promises";
import { median } from "../../figures.ts";
import { nowMs } from "../clock.ts";
import type { RemoteSystem } from "../process/remote-system.ts";
import type { SoakSample } from "../process/soaked-jobs.ts";
import type { StoreServer } from "../servers/store-server.ts";
import {
  type Measurement,
  type Moment,
  problemOf,
  type StoreScenario,
  type Trial,
} from "./store-scenario.ts";

/** Of what a system manages when one process enqueues and another runs jobs. */
const LOAD = 0.6;
/** Looks at a run, evenly spread over it. */
const SAMPLES = 12;
/** How long may be waited for the last jobs, in milliseconds. */
const LIMIT_MS = 60_000;
const MIB = 1024 * 1024;

/** Whether a system stays as it is when it works for long. */
export const soak: StoreScenario = {
  name: "soak",
  title: "Soak at 60 % of what one producer and one worker manage",
  columns: [
    { figure: "rate", title: "jobs/s", better: "more" },
    { figure: "p50", title: "p50 ms", better: "less" },
    { figure: "p99", title: "p99 ms", better: "less" },
    { figure: "p99Growth", title: "p99, end ÷ begin", better: "less" },
    { figure: "storeBeginMib", title: "store MiB, begin", better: "less" },
    { figure: "storeEndMib", title: "store MiB, end", better: "less" },
    { figure: "workerBeginMib", title: "worker MiB, begin", better: "less" },
    { figure: "workerEndMib", title: "worker MiB, end", better: "less" },
  ],
  isOnce: true,
  lastsMs: ({ soakSeconds }) => soakSeconds * 1000,
  async run(trial) {
    await trial.server.reset();
    const mostPerSecond = await findRate(trial);
    await trial.server.reset();
    return await soakAt(trial, Math.max(1, Math.floor(mostPerSecond * LOAD)));
  },
};

/** Jobs a second when as many as a drain has are enqueued and run at the same time. */
async function findRate(trial: Trial): Promise<number> {
  const jobs = trial.drainJobs();
  await using producer = await trial.open({ isFirst: true });
  await using worker = await trial.open({ role: "worker" });
  const plan = { ids: jobs, target: jobs, handlerMs: 0, record: "nothing", failEvery: 0 } as const;
  await worker.call("work", plan);
  const startedMs = nowMs();
  await producer.call("bulk", { jobs, firstId: 0 });
  const end = await worker.call("ended", { timeoutMs: trial.sizes.drainLimitMs });
  if (end.timedOut) throw new Error(`${end.distinct} of ${jobs} handled while looking for a rate`);
  return (jobs / (end.endedMs - startedMs)) * 1000;
}

async function soakAt(trial: Trial, perSecond: number): Promise<Measurement> {
  const seconds = trial.sizes.soakSeconds;
  const jobs = Math.round(perSecond * seconds);
  await using producer = await trial.open({ isFirst: true });
  await using worker = await trial.open({ role: "worker" });
  await worker.call("soak", { ids: jobs, perSample: jobs / SAMPLES });
  const startedMs = nowMs();
  const paced = producer.call("pace", { jobs, perSecond });
  // Heard of below; a failure must not be one that nobody waits for meanwhile.
  paced.catch(() => {});
  const moments: Moment[] = [];
  for (let index = 1; index <= SAMPLES; index++) {
    await sleep(Math.max(0, startedMs + (index / SAMPLES) * seconds * 1000 - nowMs()));
    moments.push(await look({ worker, server: trial.server, startedMs, last: moments.at(-1) }));
  }
  const { ms } = await paced;
  const end = await untilHandled(worker, jobs);
  return {
    figures: { rate: (jobs / ms) * 1000, ...figuresOver(moments) },
    series: moments,
    ...problemOf({ ...end, expected: jobs }),
  };
}

async function look(at: {
  readonly worker: RemoteSystem;
  readonly server: StoreServer;
  readonly startedMs: number;
  readonly last: Moment | undefined;
}): Promise<Moment> {
  const { worker, server, startedMs, last } = at;
  const seconds = (nowMs() - startedMs) / 1000;
  const { distinct, latencies } = await worker.call("sample");
  const { residentMib } = await worker.call("usage");
  const { tables, indexes } = await server.sizes();
  return {
    seconds,
    handled: distinct,
    rate: (distinct - (last?.handled ?? 0)) / (seconds - (last?.seconds ?? 0)),
    p50: latencies.p50,
    p99: latencies.p99,
    tablesMib: tables / MIB,
    indexesMib: indexes / MIB,
    workerMib: residentMib,
  };
}

/** The first look is left out of what is compared: everything starts then. */
function figuresOver(moments: readonly Moment[]): Measurement["figures"] {
  const settled = moments.slice(1);
  const quarter = Math.ceil(settled.length / 4);
  const begin = settled.slice(0, quarter);
  const end = settled.slice(-quarter);
  return {
    p50: middle(settled, ({ p50 }) => p50),
    p99: middle(settled, ({ p99 }) => p99),
    p99Growth: middle(end, ({ p99 }) => p99) / middle(begin, ({ p99 }) => p99),
    storeBeginMib: middle(begin, store),
    storeEndMib: middle(end, store),
    workerBeginMib: middle(begin, ({ workerMib }) => workerMib),
    workerEndMib: middle(end, ({ workerMib }) => workerMib),
  };
}

function middle(of: readonly Moment[], value: (moment: Moment) => number): number {
  return median(of.map(value));
}

function store({ tablesMib, indexesMib }: Moment): number {
  return tablesMib + indexesMib;
}

async function untilHandled(worker: RemoteSystem, jobs: number): Promise<SoakSample> {
  const deadlineMs = nowMs() + LIMIT_MS;
  for (;;) {
    const sample = await worker.call("sample");
    if (sample.distinct >= jobs || nowMs() > deadlineMs) return sample;
    await sleep(50);
  }
}
