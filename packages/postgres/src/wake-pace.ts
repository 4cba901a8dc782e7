/** Shortest time between two wakes for one queue by one process. */
const PACE_MS = 2;

/**
 * Keeps wakes apart. A transaction that notifies holds a lock of the whole server until its commit is on disk, so that many of
 * them would make enqueues wait in line for the disk. The first job of a queue wakes with its own commit; those that follow
 * within a few milliseconds are told together, by a statement that waits for no disk.
 */
export class WakePace {
  readonly #wake: (queues: readonly string[], jobs: number) => Promise<unknown>;
  readonly #lastMs = new Map<string, number>();
  readonly #late = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  /** @param wake Wakes on its own; what it fails with is of no interest, since the poll finds the jobs. */
  constructor(wake: (queues: readonly string[], jobs: number) => Promise<unknown>) {
    this.#wake = wake;
  }

  /** Whether jobs of these queues are to wake with their own commit; if not, they are told a little later. */
  isLeading(jobs: readonly { readonly queue: string }[]): boolean {
    const nowMs = performance.now();
    const counts = new Map<string, number>();
    for (const { queue } of jobs) counts.set(queue, (counts.get(queue) ?? 0) + 1);
    let isLeading = false;
    for (const queue of counts.keys()) {
      if (nowMs - (this.#lastMs.get(queue) ?? Number.NEGATIVE_INFINITY) >= PACE_MS)
        isLeading = true;
    }
    if (isLeading) {
      // Times that are over say nothing.
      if (this.#lastMs.size > 1000) this.#lastMs.clear();
      for (const queue of counts.keys()) this.#lastMs.set(queue, nowMs);
      return true;
    }
    for (const [queue, count] of counts)
      this.#late.set(queue, (this.#late.get(queue) ?? 0) + count);
    this.#timer ??= setTimeout(() => this.#tell(), PACE_MS);
    return false;
  }

  /** What is still to be told is left to the poll. */
  close(): void {
    clearTimeout(this.#timer);
    this.#late.clear();
  }

  #tell(): void {
    this.#timer = undefined;
    const queues = [...this.#late.keys()];
    let jobs = 0;
    for (const count of this.#late.values()) jobs += count;
    this.#late.clear();
    const nowMs = performance.now();
    for (const queue of queues) this.#lastMs.set(queue, nowMs);
    this.#wake(queues, jobs).catch(() => {});
  }
}
