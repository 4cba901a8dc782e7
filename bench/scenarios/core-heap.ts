import { startBenchRevo } from "./bench-revo.ts";
import { JOBS, type Scenario } from "./scenario.ts";

/** Whether anything is left of a job once it is done and not to be kept. */
export const coreHeap: Scenario = {
  name: "core-heap",
  title: "Revo on memory, heap after the drain beside before, retention 0",
  async run() {
    const bench = await startBenchRevo({ retention: { succeeded: 0 } });
    await bench.enqueueAndDrain(JOBS);
    const beforeBytes = await heapBytes();
    await bench.enqueueAndDrain(JOBS);
    const afterBytes = await heapBytes();
    await bench.revo.stop();
    return { "before, MiB": beforeBytes / 2 ** 20, "after ÷ before": afterBytes / beforeBytes };
  },
};

async function heapBytes(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error("Needs --expose-gc");
  // What hangs on promises and immediates is free only when these have run.
  for (let turn = 0; turn < 3; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc();
  }
  return process.memoryUsage().heapUsed;
}
