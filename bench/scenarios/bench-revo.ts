import {
  job,
  type JobDefinition,
  type JobTypeOptions,
  type Revo,
  RevoConfiguration,
} from "@revojs/core";
import { MemoryJobStorage } from "@revojs/memory";

interface Payload {
  readonly i: number;
}

/** A Revo on the memory storage with one job type that does nothing but count. */
export interface BenchRevo {
  readonly revo: Revo;
  readonly noop: JobDefinition<"noop", Payload, Payload, void>;
  /** Enqueues `count` jobs in one call and waits until each has run once. */
  enqueueAndDrain(count: number): Promise<{ readonly enqueueMs: number; readonly drainMs: number }>;
}

export async function startBenchRevo(options: JobTypeOptions): Promise<BenchRevo> {
  let seen = new Uint8Array(0);
  let left = 0;
  let finished: (() => void) | null = null;
  const noop = job(
    "noop",
    async ({ i }: Payload) => {
      seen[i] = (seen[i] ?? 0) + 1;
      left -= 1;
      if (left === 0) finished?.();
    },
    options,
  );
  const revo = await new RevoConfiguration()
    .useJobs(
      () => new MemoryJobStorage(),
      (jobs) => jobs.add(noop).server({ signals: false }),
    )
    .start();
  return {
    revo,
    noop,
    async enqueueAndDrain(count) {
      seen = new Uint8Array(count);
      left = count;
      const drained = new Promise<void>((resolve) => {
        finished = resolve;
      });
      const jobs = Array.from({ length: count }, (_, i) => noop.with({ i }));
      const startedMs = performance.now();
      await revo.scheduler.enqueueJobs(jobs);
      const enqueuedMs = performance.now();
      await drained;
      const drainedMs = performance.now();
      if (seen.some((times) => times !== 1)) throw new Error("A job did not run exactly once");
      return { enqueueMs: enqueuedMs - startedMs, drainMs: drainedMs - enqueuedMs };
    },
  };
}
