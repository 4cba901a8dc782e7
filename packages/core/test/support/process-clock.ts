import type { IClock, ITimer } from "../../src/support/clock.ts";

interface Pending {
  readonly dueMs: number;
  readonly callback: () => void;
}

/**
 * The clock of one process of a simulation: its own wall time and its own speed over a shared clock. The process may be killed
 * (nothing it armed ever fires) or frozen (what became due meanwhile fires when it goes on, in order of its time).
 */
export class ProcessClock implements IClock {
  readonly #base: IClock;
  #skewMs: number;
  readonly #speed: number;
  readonly #armed = new Set<ITimer>();
  #overdue: Pending[] = [];
  #isDead = false;
  #thawedAtMs = Number.NEGATIVE_INFINITY;
  #isFrozen = false;
  #waiters: (() => void)[] = [];

  constructor(base: IClock, options: { readonly skewMs?: number; readonly speed?: number } = {}) {
    this.#base = base;
    this.#skewMs = options.skewMs ?? 0;
    this.#speed = options.speed ?? 1;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** Whether the process is frozen, or goes on since so short a time that it could not have reacted yet. */
  get isStunned(): boolean {
    return this.#isFrozen || this.#base.monotonicMs() - this.#thawedAtMs < 50;
  }

  /** Timers that wait, of whatever kind. */
  get pendingTimers(): number {
    return this.#armed.size + this.#overdue.length;
  }

  nowMs(): number {
    return this.#base.nowMs() + this.#skewMs;
  }

  monotonicMs(): number {
    return this.#base.monotonicMs() * this.#speed;
  }

  schedule(delayMs: number, callback: () => void): ITimer {
    if (this.#isDead) return { cancel: () => {} };
    const dueMs = this.monotonicMs() + Math.max(0, delayMs);
    const pending: Pending = { dueMs, callback };
    const timer = this.#base.schedule(Math.max(0, delayMs) / this.#speed, () => {
      this.#armed.delete(timer);
      if (!this.#isFrozen) callback();
      else this.#overdue.push(pending);
    });
    this.#armed.add(timer);
    return {
      cancel: () => {
        timer.cancel();
        this.#armed.delete(timer);
        this.#overdue = this.#overdue.filter((one) => one !== pending);
      },
    };
  }

  /** What an administrator or NTP does to the wall clock of this process's machine. */
  jump(byMs: number): void {
    this.#skewMs += byMs;
  }

  kill(): void {
    this.#isDead = true;
    for (const timer of this.#armed) timer.cancel();
    this.#armed.clear();
    this.#overdue = [];
    this.thaw();
  }

  freeze(): void {
    if (!this.#isDead) this.#isFrozen = true;
  }

  thaw(): void {
    if (!this.#isFrozen) return;
    this.#isFrozen = false;
    this.#thawedAtMs = this.#base.monotonicMs();
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const go of waiters) go();
    const overdue = this.#overdue.toSorted((left, right) => left.dueMs - right.dueMs);
    this.#overdue = [];
    for (const { callback } of overdue) this.schedule(0, callback);
  }

  /** Resolves at once while the process runs, at its thaw while it is frozen, never when it is dead. */
  async running(): Promise<void> {
    while (this.#isFrozen) await new Promise<void>((go) => this.#waiters.push(go));
    if (this.#isDead) await new Promise(() => {});
  }
}
