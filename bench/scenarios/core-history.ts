import { startBenchRevo } from "./bench-revo.ts";
import { JOBS, type Scenario, WARM_UPS } from "./scenario.ts";

/** As `core-drain`, with the default history: succeeded jobs are kept (at most 10,000 in memory). */
export const coreHistory: Scenario = {
  name: "core-history",
  title: "Revo on memory, bulk enqueue and drain, default history",
  async run() {
    const bench = await startBenchRevo({});
    for (let warmUp = 0; warmUp < WARM_UPS; warmUp++) await bench.enqueueAndDrain(JOBS);
    const { enqueueMs, drainMs } = await bench.enqueueAndDrain(JOBS);
    await bench.revo.stop();
    return { "jobs/s": (JOBS / (enqueueMs + drainMs)) * 1000 };
  },
};
