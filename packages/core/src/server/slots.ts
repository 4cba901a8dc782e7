import type { ClaimRequest } from "../storage/exchange.ts";
import { AttemptQueue } from "./attempt-queue.ts";
import type { Attempt } from "./attempt.ts";
import type { ResolvedServerOptions } from "./server-options.ts";

/** What a job server holds: jobs that run, jobs that wait for a slot, suspects that wait for their turn. */
export class Slots {
  readonly #options: ResolvedServerOptions;
  readonly #waiting = new AttemptQueue();
  readonly #suspects = new AttemptQueue();
  readonly #running = new Set<Attempt>();
  readonly #heldByQueue = new Map<string, number>();
  /** Asked for in claims under way. */
  #requested = 0;
  #suspect: Attempt | null = null;

  constructor(options: ResolvedServerOptions) {
    this.#options = options;
  }

  get running(): ReadonlySet<Attempt> {
    return this.#running;
  }

  /** Jobs claimed but not started. */
  get waiting(): number {
    return this.#waiting.length + this.#suspects.length;
  }

  get isIdle(): boolean {
    return this.#running.size === 0;
  }

  /** Takes in a claimed job. */
  hold(attempt: Attempt): void {
    this.#count(attempt, 1);
    if (attempt.isSuspect) this.#suspects.push(attempt);
    else this.#waiting.push(attempt);
  }

  /** The next job to start, if there is one and a slot for it. */
  takeNext(): Attempt | undefined {
    if (this.#running.size >= this.#options.concurrency) return undefined;
    const attempt = this.#waiting.take();
    if (attempt !== undefined) this.#running.add(attempt);
    return attempt;
  }

  /** The next suspect, when none is under way: it is to be marked first, then given to `start`. */
  takeSuspect(): Attempt | undefined {
    if (this.#suspect !== null || this.#running.size >= this.#options.concurrency) return undefined;
    const attempt = this.#suspects.take();
    if (attempt === undefined) return undefined;
    this.#suspect = attempt;
    this.#running.add(attempt);
    return attempt;
  }

  /** Gives the slot back. */
  release(attempt: Attempt): void {
    if (!this.#running.delete(attempt)) return;
    if (this.#suspect === attempt) this.#suspect = null;
    this.#count(attempt, -1);
  }

  /** Takes a job that has not started out again. @returns `false`: it runs, or is not held here. */
  withdraw(attempt: Attempt): boolean {
    const withdrawn = this.#waiting.remove(attempt) || this.#suspects.remove(attempt);
    if (withdrawn) this.#count(attempt, -1);
    return withdrawn;
  }

  /** All jobs that have not started; they are held no longer. */
  withdrawAll(): readonly Attempt[] {
    const attempts = [...this.#waiting.takeAll(), ...this.#suspects.takeAll()];
    for (const attempt of attempts) this.#count(attempt, -1);
    return attempts;
  }

  find(jobId: string): Attempt | undefined {
    for (const attempts of [this.#running, this.#waiting, this.#suspects]) {
      for (const attempt of attempts) if (attempt.job.id === jobId) return attempt;
    }
    return undefined;
  }

  /** A claim for so many jobs leaves, or (negative) has been answered. */
  requested(jobs: number): void {
    this.#requested += jobs;
  }

  /** Whether a slot stands empty that no claim under way will fill. */
  get isHungry(): boolean {
    return this.#running.size + this.waiting + this.#requested < this.#options.concurrency;
  }

  /**
   * What to claim so that slots stay filled, or `null` while enough is held. `eager`: also when the claim costs nothing, since
   * it rides along with settlements.
   */
  demand(
    prefetch: number,
    most: number,
    eager: boolean,
  ): Pick<ClaimRequest, "limit" | "queues"> | null {
    const held = this.#running.size + this.waiting + this.#requested;
    const wanted = Math.min(this.#options.concurrency + prefetch - held, most);
    if (wanted < 1) return null;
    const waiting = this.waiting + this.#requested;
    if (!eager && !this.isHungry && waiting * 2 > prefetch) return null;
    const queues: { queue: string; limit: number }[] = [];
    for (const { name, concurrency } of this.#options.queues) {
      const room = concurrency === null ? wanted : concurrency - (this.#heldByQueue.get(name) ?? 0);
      if (room >= 1) queues.push({ queue: name, limit: Math.min(room, wanted) });
    }
    return queues.length === 0 ? null : { limit: wanted, queues };
  }

  #count(attempt: Attempt, by: 1 | -1): void {
    const queue = attempt.job.queue;
    this.#heldByQueue.set(queue, (this.#heldByQueue.get(queue) ?? 0) + by);
  }
}
