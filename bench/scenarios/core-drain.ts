import { startBenchRevo } from "./bench-revo.ts";
import { JOBS, type Scenario, WARM_UPS } from "./scenario.ts";

/** The whole core: registry, options, codec, ids, storage, claim, context, handler, settle. Succeeded jobs are dropped. */
export const coreDrain: Scenario = {
  name: "core-drain",
  title: "Revo on memory, bulk enqueue and drain, retention 0",
  async run() {
    const bench = await startBenchRevo({ retention: { succeeded: 0 } });
    for (let warmUp = 0; warmUp < WARM_UPS; warmUp++) await bench.enqueueAndDrain(JOBS);
    const { enqueueMs, drainMs } = await bench.enqueueAndDrain(JOBS);
    await bench.revo.stop();
    return {
      "jobs/s": (JOBS / (enqueueMs + drainMs)) * 1000,
      "enqueue, µs a job": (enqueueMs / JOBS) * 1000,
      "drain, µs a job": (drainMs / JOBS) * 1000,
    };
  },
};
