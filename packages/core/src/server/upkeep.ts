import { newJobId } from "../job/job-id.ts";
import type { IJobStorage } from "../storage/job-storage.ts";
import type { MetricsRecorder } from "./metrics-recorder.ts";

/** Upkeep and metrics together are at most three commands in this time on an idle server. */
const EVERY_MS = 15_000;
const PRUNE_LIMIT = 500;
const REPAIR_LIMIT = 500;
/** Bounded calls in one step; what is left waits for the next. */
const MOST_CALLS = 20;

/**
 * The housekeeping that any job server does when it is its turn: prunes what retention lets go, repairs what a crash may have
 * left between two steps of the store, tells the metrics. All of it bounded, repeatable and safe to be done by several at once.
 */
export class Upkeep {
  readonly #storage: IJobStorage;
  readonly #metrics: MetricsRecorder;
  /** Of the counts. Not the server's id, which changes with each lost lease: totals would then count twice. */
  readonly #recorderId = newJobId();
  /** Set when the last turn left something to do. */
  #hasMore = false;

  constructor(storage: IJobStorage, metrics: MetricsRecorder) {
    this.#storage = storage;
    this.#metrics = metrics;
  }

  /** What the loop does. @returns Milliseconds until it is to be done again. */
  async step(): Promise<number> {
    const [metrics, housekeeping] = await Promise.allSettled([
      this.putMetrics(),
      this.#keepHouse(),
    ]);
    if (metrics.status === "rejected") throw metrics.reason;
    if (housekeeping.status === "rejected") throw housekeeping.reason;
    return this.#hasMore ? 100 : EVERY_MS;
  }

  async #keepHouse(): Promise<void> {
    const { upkeep } = this.#storage;
    if (this.#hasMore || (await upkeep.takeTurn("upkeep", EVERY_MS - 500))) {
      const pruned = await untilDone(() => upkeep.prune(PRUNE_LIMIT));
      const repaired = await untilDone(() => upkeep.repair(REPAIR_LIMIT));
      this.#hasMore = !pruned || !repaired;
    }
  }

  async putMetrics(): Promise<void> {
    const { metrics } = this.#storage;
    if (metrics === undefined) return;
    const points = this.#metrics.unsent();
    if (points.length === 0) return;
    try {
      await metrics.put(this.#recorderId, points);
      this.#metrics.stored();
    } catch (error) {
      this.#metrics.failed();
      throw error;
    }
  }
}

/** @returns Whether nothing was left. */
async function untilDone(call: () => Promise<{ readonly more: boolean }>): Promise<boolean> {
  for (let calls = 0; calls < MOST_CALLS; calls++) {
    if (!(await call()).more) return true;
  }
  return false;
}
