import { setTimeout as sleep } from "node:timers/promises";
import type { Measurement, StoreScenario, Trial } from "./store-scenario.ts";

/** What costs while nothing happens. */
export const costs: readonly StoreScenario[] = [
  {
    name: "idle",
    title: "An idle worker, latency settings",
    columns: [
      { figure: "commands", title: "commands/s", better: "less" },
      { figure: "nodePercent", title: "node, % of a core", better: "less" },
      { figure: "serverPercent", title: "server, % of a core", better: "less" },
      { figure: "peakMib", title: "peak MiB", better: "less" },
    ],
    run: idle,
  },
  {
    name: "bytes",
    title: "A waiting job with a payload of 200 bytes",
    columns: [{ figure: "bytes", title: "bytes a job", better: "less" }],
    run: bytes,
  },
];

async function idle(trial: Trial): Promise<Measurement> {
  const { server } = trial;
  const ms = trial.sizes.idleSeconds * 1000;
  await server.reset();
  // The first process makes the schema, and is gone.
  await (await trial.open({ isFirst: true, profile: "latency" }))[Symbol.asyncDispose]();
  await using worker = await trial.open({ role: "worker", profile: "latency" });
  const plan = { ids: 1, target: 1, handlerMs: 0, record: "nothing", failEvery: 0 } as const;
  await worker.call("work", plan);
  await sleep(3_000);
  const before = await worker.call("usage");
  const serverBeforeMs = server.cpuMs();
  const commands = await server.countCommands(ms);
  const serverMs = server.cpuMs() - serverBeforeMs;
  const after = await worker.call("usage");
  return {
    figures: {
      commands: (Math.max(0, commands) / ms) * 1000,
      nodePercent: ((after.cpuMs - before.cpuMs) / ms) * 100,
      serverPercent: (serverMs / ms) * 100,
      peakMib: after.peakMib,
    },
  };
}

async function bytes(trial: Trial): Promise<Measurement> {
  const { server } = trial;
  await server.reset();
  await using producer = await trial.open({ isFirst: true });
  // What does not grow with the number of jobs is there before the first look.
  await producer.call("bulk", { jobs: 100, firstId: 0, payloadBytes: 200 });
  const beforeBytes = await server.storedBytes();
  // A few thousand at least, or a page more or less would decide.
  const jobs = Math.max(5_000, trial.bulkJobs(trial.sizes.storedJobs));
  await producer.call("bulk", { jobs, firstId: 100, payloadBytes: 200 });
  const stored = await producer.call("pending");
  const afterBytes = await server.storedBytes();
  return {
    figures: { bytes: (afterBytes - beforeBytes) / jobs },
    ...(stored === jobs + 100 ? {} : { problem: `${stored} of ${jobs + 100} stored` }),
  };
}
