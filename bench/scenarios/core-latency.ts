import { setTimeout as sleep } from "node:timers/promises";
import { quantile } from "../figures.ts";
import { startBenchRevo } from "./bench-revo.ts";
import type { Scenario } from "./scenario.ts";

const SAMPLES = 2_000;

/** From the call of `enqueueJob` to the start of the handler, on a server that has nothing else to do. */
export const coreLatency: Scenario = {
  name: "core-latency",
  title: "Revo on memory, start of a job on an idle server",
  async run() {
    const bench = await startBenchRevo({ retention: { succeeded: 0 } });
    await bench.enqueueAndDrain(1_000);
    const { revo, noop } = bench;
    const latencies: number[] = [];
    let startedMs = 0;
    let started: (() => void) | null = null;
    revo.events.on("job.started", () => {
      latencies.push(performance.now() - startedMs);
      started?.();
    });
    for (let sample = 0; sample < SAMPLES; sample++) {
      const begun = new Promise<void>((resolve) => {
        started = resolve;
      });
      startedMs = performance.now();
      await revo.scheduler.enqueueJob(noop, { i: 0 });
      await begun;
      await sleep(1);
    }
    await revo.stop();
    const sorted = latencies.toSorted((a, b) => a - b);
    return {
      "p50, ms": quantile(sorted, 0.5),
      "p95, ms": quantile(sorted, 0.95),
      "p99, ms": quantile(sorted, 0.99),
    };
  },
};
