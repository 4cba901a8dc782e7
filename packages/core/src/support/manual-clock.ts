import type { IClock, ITimer } from "./clock.ts";

interface PendingTimer {
  readonly dueMs: number;
  readonly sequence: number;
  readonly callback: () => void;
}

/**
 * A clock that stands still until it is told to move: for tests that reach next year without waiting. Timers fire in order of
 * their due time, then of their making.
 */
export class ManualClock implements IClock {
  #nowMs: number;
  #monotonicMs = 0;
  #sequence = 0;
  readonly #timers = new Set<PendingTimer>();

  /** @param startMs Wall-clock time at which it starts, in milliseconds since 1970. */
  constructor(startMs: number = Date.UTC(2027, 0, 1)) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  /** How many timers wait. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  schedule(delayMs: number, callback: () => void): ITimer {
    const timer: PendingTimer = {
      dueMs: this.#monotonicMs + Math.max(delayMs, 0),
      sequence: this.#sequence++,
      callback,
    };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  /**
   * Moves both clocks on by `byMs`, firing what becomes due on the way; after each timer the event loop turns once, so that
   * what the timer started can go on and set new timers.
   */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#monotonicMs + byMs;
    await turnOfTheEventLoop();
    for (;;) {
      const next = this.#earliest(untilMs);
      if (next === undefined) break;
      this.#moveTo(Math.max(next.dueMs, this.#monotonicMs));
      this.#timers.delete(next);
      next.callback();
      await turnOfTheEventLoop();
    }
    this.#moveTo(untilMs);
    await turnOfTheEventLoop();
  }

  /** Sets the wall clock without moving time on: what an administrator or NTP does. No timer fires. */
  jump(byMs: number): void {
    this.#nowMs += byMs;
  }

  #earliest(untilMs: number): PendingTimer | undefined {
    let best: PendingTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs > untilMs) continue;
      if (
        best === undefined ||
        timer.dueMs < best.dueMs ||
        (timer.dueMs === best.dueMs && timer.sequence < best.sequence)
      ) {
        best = timer;
      }
    }
    return best;
  }

  #moveTo(monotonicMs: number): void {
    this.#nowMs += monotonicMs - this.#monotonicMs;
    this.#monotonicMs = monotonicMs;
  }
}

function turnOfTheEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
