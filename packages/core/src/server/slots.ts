import type { ClaimRequest } from "../storage/exchange.ts";
import { AttemptQueue } from "./attempt-queue.ts";
import type { Attempt } from "./attempt.ts";
import type { ResolvedServerOptions } from "./server-options.ts";

/**
 * With fewer slots one claim is under way at a time: the answers of two may come in the other order, and with few slots the order
 * in which jobs start is seen.
 */
const TWO_CLAIMS_FROM = 10;

type Demand = Pick<ClaimRequest, "limit" | "queues">;

/** What a job server holds: jobs that run, jobs that wait for a slot, suspects that wait for their turn. */
export class Slots {
  readonly #options: ResolvedServerOptions;
  readonly #waiting = new AttemptQueue();
  readonly #suspects = new AttemptQueue();
  readonly #running = new Set<Attempt>();
  /** Held or asked for, of each queue with a limit of its own. */
  readonly #takenByQueue = new Map<string, number>();
  /** Asked for in claims under way. */
  #requested = 0;
  #suspect: Attempt | null = null;

  constructor(options: ResolvedServerOptions) {
    this.#options = options;
    for (const { name, concurrency } of options.queues) {
      if (concurrency !== null) this.#takenByQueue.set(name, 0);
    }
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

  get isFull(): boolean {
    return this.#running.size >= this.#options.concurrency;
  }

  /** Takes in a claimed job. */
  hold(attempt: Attempt): void {
    this.#count(attempt.job.queue, 1);
    if (attempt.isSuspect) this.#suspects.push(attempt);
    else this.#waiting.push(attempt);
  }

  /** The next job to start, if there is one and a slot for it. A suspect only when none is under way. */
  takeNext(): Attempt | undefined {
    if (this.isFull) return undefined;
    const suspect = this.#suspect === null ? this.#suspects.take() : undefined;
    if (suspect !== undefined) this.#suspect = suspect;
    const attempt = suspect ?? this.#waiting.take();
    if (attempt !== undefined) this.#running.add(attempt);
    return attempt;
  }

  /** Gives the slot back. */
  release(attempt: Attempt): void {
    if (!this.#running.delete(attempt)) return;
    if (this.#suspect === attempt) this.#suspect = null;
    this.#count(attempt.job.queue, -1);
  }

  /** Takes a job that has not started out again. @returns `false`: it runs, or is not held here. */
  withdraw(attempt: Attempt): boolean {
    const withdrawn = this.#waiting.remove(attempt) || this.#suspects.remove(attempt);
    if (withdrawn) this.#count(attempt.job.queue, -1);
    return withdrawn;
  }

  /** All jobs that have not started; they are held no longer. `withSuspects` false: but for suspects. */
  withdrawAll(withSuspects: boolean): readonly Attempt[] {
    const suspects = withSuspects ? this.#suspects.takeAll() : [];
    const attempts = [...this.#waiting.takeAll(), ...suspects];
    for (const attempt of attempts) this.#count(attempt.job.queue, -1);
    return attempts;
  }

  find(jobId: string): Attempt | undefined {
    for (const attempts of [this.#running, this.#waiting, this.#suspects]) {
      for (const attempt of attempts) if (attempt.job.id === jobId) return attempt;
    }
    return undefined;
  }

  /** A claim leaves (`by` 1), or has been answered (-1). */
  requested(claim: Demand, by: 1 | -1): void {
    this.#requested += by * claim.limit;
    for (const { queue, limit } of claim.queues) this.#count(queue, by * limit);
  }

  /** Whether a slot stands empty that no claim under way will fill. */
  get isHungry(): boolean {
    return this.#held < this.#options.concurrency;
  }

  /**
   * What to claim so that slots stay filled, or `null` while enough is held. Where there are many slots it is at most half of all
   * that may be held, so that a second claim can be under way beside it. `eager`: also when the claim costs nothing, since it
   * rides along with settlements.
   */
  demand(prefetch: number, most: number, eager: boolean): Demand | null {
    const capacity = this.#options.concurrency + prefetch;
    const isShared = this.#options.concurrency >= TWO_CLAIMS_FROM;
    if (!isShared && this.#requested > 0) return null;
    const half = Math.ceil(capacity / 2);
    const share = isShared ? half : capacity;
    const wanted = Math.min(capacity - this.#held, share, most);
    if (wanted < 1) return null;
    const waiting = this.#waiting.length + this.#requested;
    if (!eager && !this.isHungry && waiting > half) return null;
    const queues: { queue: string; limit: number }[] = [];
    for (const { name, concurrency } of this.#options.queues) {
      const room =
        concurrency === null ? wanted : concurrency - (this.#takenByQueue.get(name) ?? 0);
      if (room >= 1) queues.push({ queue: name, limit: Math.min(room, wanted) });
    }
    return queues.length === 0 ? null : { limit: wanted, queues };
  }

  /**
   * What fills slots, now or when claims under way are answered. Suspects run one at a time, so the others fill none: they
   * would keep the rest of the slots empty. They count beyond as many as may be held without running.
   */
  get #held(): number {
    const suspects = Math.max(0, this.#suspects.length - this.#options.maxPrefetch);
    return this.#running.size + this.#waiting.length + suspects + this.#requested;
  }

  #count(queue: string, by: number): void {
    if (this.#takenByQueue.size === 0) return;
    const taken = this.#takenByQueue.get(queue);
    if (taken !== undefined) this.#takenByQueue.set(queue, taken + by);
  }
}
