import type { JobState } from "@revojs/core";
import type { JobEntry } from "./job-entry.ts";
import { OrderedRing } from "./ordered-ring.ts";

/**
 * Jobs in a final state, in the order in which they finished. They leave when they were kept as long as they asked for, or as
 * the oldest when there are too many. Jobs kept for the same time expire in the order in which they finished, so each such
 * time has a lane whose head tells all: no heap is needed, and finishing costs O(1).
 */
export class FinishedJobs {
  readonly #all = new OrderedRing<JobEntry>((entry, position) => {
    entry.ringAt = position;
  });
  readonly #lanes = new Map<number, OrderedRing<JobEntry>>();
  readonly #counts = { succeeded: 0, failed: 0, deleted: 0 };

  get size(): number {
    return this.#all.size;
  }

  /** The one that finished first. */
  get oldest(): JobEntry | undefined {
    return this.#all.first;
  }

  count(state: FinalState): number {
    return this.#counts[state];
  }

  add(entry: JobEntry): void {
    let lane = this.#lanes.get(entry.retainMs);
    if (lane === undefined) {
      lane = new OrderedRing<JobEntry>((moved, position) => {
        moved.laneAt = position;
      });
      this.#lanes.set(entry.retainMs, lane);
    }
    entry.laneAt = lane.push(entry);
    entry.ringAt = this.#all.push(entry);
    this.#counts[entry.state as FinalState]++;
  }

  remove(entry: JobEntry): void {
    const lane = this.#lanes.get(entry.retainMs);
    lane?.remove(entry.laneAt);
    if (lane?.size === 0) this.#lanes.delete(entry.retainMs);
    entry.laneAt = -1;
    this.#all.remove(entry.ringAt);
    entry.ringAt = -1;
    this.#counts[entry.state as FinalState]--;
  }

  /** A job that was kept long enough. */
  expired(nowMs: number): JobEntry | undefined {
    for (const [retainMs, lane] of this.#lanes) {
      const first = lane.first;
      if (first !== undefined && (first.finishedAtMs ?? 0) + retainMs <= nowMs) return first;
    }
    return undefined;
  }

  oldestFirst(): Generator<JobEntry> {
    return this.#all.forward();
  }

  /** With `below`, those that finished before the job of that sequence. */
  latestFirst(below?: number): Generator<JobEntry> {
    if (below === undefined) return this.#all.backward();
    return this.#all.backward(this.#all.search((entry) => entry.sequence < below));
  }
}

export type FinalState = Extract<JobState, "succeeded" | "failed" | "deleted">;
