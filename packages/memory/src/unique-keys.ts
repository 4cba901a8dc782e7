import type { JobId, UniqueKey } from "@revojs/core";
import { type HeapItem, IndexedHeap } from "./indexed-heap.ts";
import type { JobEntry } from "./job-entry.ts";

/** At which point of its life a job lets go of its key. */
export type KeyRelease = "started" | "finished" | "deleted" | "dropped";

interface Holder extends HeapItem {
  readonly key: string;
  readonly jobId: JobId;
  /** The end of the window; infinite for the other scopes. */
  readonly untilMs: number;
}

/** Who holds each unique key of the storage. */
export class UniqueKeys {
  readonly #holders = new Map<string, Holder>();
  readonly #windows = new IndexedHeap<Holder>((one, other) =>
    one.untilMs === other.untilMs ? one.key < other.key : one.untilMs < other.untilMs,
  );

  /** The job that holds `key` now. */
  holder(key: string, nowMs: number): JobId | undefined {
    const holder = this.#holders.get(key);
    if (holder === undefined) return undefined;
    if (holder.untilMs > nowMs) return holder.jobId;
    this.#free(holder);
    return undefined;
  }

  /** Gives `entry` its key, which nobody else may hold. */
  take(entry: JobEntry, nowMs: number): void {
    const unique = entry.extras?.unique;
    if (unique === undefined) return;
    const untilMs = unique.scope === "window" ? nowMs + (unique.windowMs ?? 0) : Infinity;
    this.restore({ key: unique.key, jobId: entry.id, untilMs });
  }

  /** Frees the key of `entry` if its scope ends at `point` and the job still holds it. */
  release(entry: JobEntry, point: KeyRelease): void {
    const unique = entry.extras?.unique;
    if (unique === undefined || !isFreedAt(unique.scope, point)) return;
    const holder = this.#holders.get(unique.key);
    if (holder?.jobId === entry.id) this.#free(holder);
  }

  /** Forgets up to `limit` windows that have ended. @returns How many it forgot. */
  prune(limit: number, nowMs: number): number {
    let removed = 0;
    for (; removed < limit; removed++) {
      const first = this.#windows.first;
      if (first === undefined || first.untilMs > nowMs) break;
      this.#free(first);
    }
    return removed;
  }

  /** Who holds what, to be restored later. */
  holders(): readonly Omit<Holder, "heapAt">[] {
    return [...this.#holders.values()].map(({ key, jobId, untilMs }) => ({ key, jobId, untilMs }));
  }

  restore(held: Omit<Holder, "heapAt">): void {
    const present = this.#holders.get(held.key);
    if (present !== undefined) this.#free(present);
    const holder: Holder = { ...held, heapAt: -1 };
    this.#holders.set(holder.key, holder);
    if (holder.untilMs !== Infinity) this.#windows.push(holder);
  }

  #free(holder: Holder): void {
    this.#holders.delete(holder.key);
    if (holder.heapAt >= 0) this.#windows.remove(holder);
  }
}

function isFreedAt(scope: UniqueKey["scope"], point: KeyRelease): boolean {
  switch (scope) {
    case "untilStarted":
      return true;
    case "untilFinished":
      return point !== "started";
    case "retained":
      return point === "deleted" || point === "dropped";
    case "window":
      return false;
  }
}
