import { setTimeout as sleep } from "node:timers/promises";
import { nowMs } from "../clock.ts";
import type { RemoteSystem } from "../process/remote-system.ts";
import type { Bulk, WorkEnd } from "../process/system-commands.ts";
import type { Profile } from "../systems/bench-system.ts";
import { type Column, type Measurement, problemOf, type Trial } from "./store-scenario.ts";

export const drainColumns: readonly Column[] = [
  { figure: "rate", title: "jobs/s", better: "more" },
  { figure: "nodeUs", title: "node, µs a job", better: "less" },
  { figure: "serverUs", title: "server, µs a job", better: "less" },
  { figure: "peakMib", title: "peak MiB", better: "less" },
];

export interface DrainPlan {
  readonly jobs: number;
  readonly profile?: Profile;
  readonly processes?: number;
  readonly handlerMs?: number;
  readonly failEvery?: number;
  readonly queues?: readonly string[];
  readonly bulk?: Partial<Bulk>;
  /** Looks at the tables after filling, so that every planner knows what is in them. @defaultValue true */
  readonly analyze?: boolean;
  /** The store is empty: the schema has to be made. @defaultValue true */
  readonly isFirst?: boolean;
}

/** Fills the empty store, then measures how long workers take until every job is handled and the system says so, too. */
export async function drain(trial: Trial, plan: DrainPlan): Promise<Measurement> {
  await trial.server.reset();
  await fill(trial, plan);
  return await drainFilled(trial, plan);
}

/**
 * Fills and drains again and again while a reader's view from before is still open, so that nothing deleted can be cleared away;
 * measures the third drain, or the first that begins when the view is old enough.
 */
export async function drainUnderSnapshot(trial: Trial, plan: DrainPlan): Promise<Measurement> {
  await trial.server.reset();
  await fill(trial, { ...plan, jobs: 1 });
  await drainFilled(trial, { ...plan, jobs: 1 });
  await using _snapshot = await trial.server.holdSnapshot?.();
  const heldSinceMs = nowMs();
  let drained = 0;
  while (drained < 2 || nowMs() - heldSinceMs < trial.sizes.snapshotSeconds * 1000) {
    await fill(trial, { ...plan, isFirst: false });
    await drainFilled(trial, plan);
    drained += 1;
  }
  await fill(trial, { ...plan, isFirst: false });
  const { figures, ...rest } = await drainFilled(trial, plan);
  return { ...rest, figures: { ...figures, drained } };
}

async function drainFilled(trial: Trial, plan: DrainPlan): Promise<Measurement> {
  const { server, sizes } = trial;
  const { jobs, profile = "drain", processes = 1, queues = ["bench"], failEvery = 0 } = plan;
  const connection = { queues, retries: failEvery > 0 };

  await using workers = new Processes();
  for (let index = 0; index < processes; index++) {
    workers.add(await trial.open({ ...connection, role: "worker", profile }));
  }
  const cpuBeforeMs = await cpuOf(workers.all);
  const serverBeforeMs = server.cpuMs();
  const startedMs = nowMs();
  const handler = {
    ids: jobs,
    target: processes === 1 ? jobs : Number.POSITIVE_INFINITY,
    handlerMs: plan.handlerMs ?? 0,
    record: "nothing",
    failEvery,
  } as const;
  await Promise.all(workers.all.map((worker) => worker.call("work", handler)));
  const end =
    processes === 1
      ? await workers.first.call("ended", { timeoutMs: sizes.drainLimitMs, pendingBase: 0 })
      : await endOfAll(workers.all, jobs, sizes.drainLimitMs);
  const serverMs = server.cpuMs() - serverBeforeMs;
  const nodeMs = (await cpuOf(workers.all)) - cpuBeforeMs;
  return measurement({ jobs, startedMs, end, serverMs, nodeMs });
}

async function fill(trial: Trial, plan: DrainPlan): Promise<void> {
  const { jobs, queues = ["bench"], failEvery = 0, bulk = {}, analyze = true } = plan;
  const { isFirst = true } = plan;
  await using producer = await trial.open({ isFirst, queues, retries: failEvery > 0 });
  await producer.call("bulk", { jobs, firstId: 0, ...bulk });
  await trial.server.settle(analyze);
}

/** Several processes: over when together they have handled every job. */
async function endOfAll(
  workers: readonly RemoteSystem[],
  jobs: number,
  limitMs: number,
): Promise<WorkEnd> {
  const deadlineMs = nowMs() + limitMs;
  let timedOut = true;
  while (timedOut && nowMs() < deadlineMs) {
    const counts = await Promise.all(workers.map((worker) => worker.call("handled")));
    timedOut = counts.reduce((sum, { distinct }) => sum + distinct, 0) < jobs;
    if (timedOut) await sleep(5);
  }
  const [first] = workers;
  if (first === undefined) throw new Error("No worker");
  const end = await first.call("ended", { timeoutMs: 10_000, pendingBase: 0, ignoreTarget: true });
  const maps = await Promise.all(workers.map((worker) => worker.call("succeeded")));
  const usages = await Promise.all(workers.map((worker) => worker.call("usage")));
  return {
    ...end,
    ...countTogether(maps.map((map) => Buffer.from(map, "base64"))),
    timedOut,
    peakMib: Math.max(...usages.map(({ peakMib }) => peakMib)),
  };
}

async function cpuOf(workers: readonly RemoteSystem[]): Promise<number> {
  const usages = await Promise.all(workers.map((worker) => worker.call("usage")));
  return usages.reduce((sum, { cpuMs }) => sum + cpuMs, 0);
}

function countTogether(maps: readonly Uint8Array[]): { distinct: number; repeated: number } {
  let distinct = 0;
  let repeated = 0;
  for (let i = 0; i < (maps[0]?.length ?? 0); i++) {
    const times = maps.reduce((sum, map) => sum + (map[i] ?? 0), 0);
    if (times > 0) distinct += 1;
    if (times > 1) repeated += times - 1;
  }
  return { distinct, repeated };
}

function measurement(run: {
  readonly jobs: number;
  readonly startedMs: number;
  readonly end: WorkEnd;
  readonly serverMs: number;
  readonly nodeMs: number;
}): Measurement {
  const { jobs, startedMs, end, serverMs, nodeMs } = run;
  const { distinct } = end;
  // Where some fail, all have had their turn before the last of the failed ones comes back.
  const ms = (end.allSeenMs ?? end.endedMs) - startedMs;
  const nodeUs = (nodeMs / distinct) * 1000;
  const serverUs = (serverMs / distinct) * 1000;
  return {
    figures: {
      rate: (distinct / ms) * 1000,
      nodeUs,
      serverUs,
      cpuUs: nodeUs + serverUs,
      peakMib: end.peakMib,
      allMs: end.endedMs - startedMs,
    },
    ...problemOf({ ...end, expected: jobs }),
  };
}

/** Closed together, whatever happens. */
class Processes implements AsyncDisposable {
  readonly #processes: RemoteSystem[] = [];

  add(process: RemoteSystem): void {
    this.#processes.push(process);
  }

  get all(): readonly RemoteSystem[] {
    return this.#processes;
  }

  get first(): RemoteSystem {
    const [first] = this.#processes;
    if (first === undefined) throw new Error("No process");
    return first;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((process) => process[Symbol.asyncDispose]()));
  }
}
