import { setTimeout as sleep } from "node:timers/promises";
import { nowMs } from "../clock.ts";
import type { RemoteSystem } from "../process/remote-system.ts";
import type { Measurement, StoreScenario, Trial } from "./store-scenario.ts";

/** Jobs that a worker is running when it is killed: as many as every system runs at once. */
const JOBS = 2;
/** How long is waited for another worker to run them, in milliseconds. */
const LIMIT_MS = 60_000;

export const recovery: StoreScenario = {
  name: "recovery",
  title: "From the SIGKILL of a worker until another one has run its jobs, latency settings",
  columns: [{ figure: "seconds", title: "s", better: "less" }],
  run: recover,
};

async function recover(trial: Trial): Promise<Measurement> {
  await trial.server.reset();
  const profile = "latency";
  await using producer = await trial.open({ isFirst: true, profile });
  await using victim = await trial.open({ role: "worker", profile });
  await using heir = await trial.open({ role: "worker", profile });
  const plan = { ids: JOBS, target: JOBS, record: "start", failEvery: 0 } as const;
  await victim.call("work", { ...plan, handlerMs: LIMIT_MS * 3 });
  await producer.call("inFlight", { jobs: JOBS, firstId: 0, inFlight: JOBS });
  const begun = await untilBegun(victim);
  await heir.call("work", { ...plan, handlerMs: 0 });
  // Time to learn of each other.
  await sleep(2_000);
  const killedMs = nowMs();
  victim.kill();
  const { distinct, endedMs } = await heir.call("ended", { timeoutMs: LIMIT_MS });
  if (begun === JOBS && distinct === JOBS)
    return { figures: { seconds: (endedMs - killedMs) / 1000 } };
  const problem =
    begun < JOBS
      ? `only ${begun} of ${JOBS} begun before`
      : `${distinct} of ${JOBS} run within ${LIMIT_MS / 1000} s`;
  return { figures: {}, problem };
}

/** How many jobs a worker has begun: all, or as many as it had after a while. */
async function untilBegun(worker: RemoteSystem): Promise<number> {
  const deadlineMs = nowMs() + 10_000;
  for (;;) {
    const { length } = await worker.call("starts");
    if (length >= JOBS || nowMs() > deadlineMs) return length;
    await sleep(50);
  }
}
