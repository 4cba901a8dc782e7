import type { EventHub } from "../events/event-hub.ts";
import type { IClock, ITimer } from "../support/clock.ts";
import type { IRandom } from "../support/random.ts";
import { reconnectDelayMs } from "./backoff.ts";

/** One thing a job server does again and again. */
export interface LoopOptions {
  readonly name: string;
  readonly clock: IClock;
  readonly random: IRandom;
  readonly events: EventHub;
  /** Does it once. @returns Milliseconds until it is to be done again; `Infinity`: not before a wake. */
  readonly step: () => Promise<number>;
}

/** How a loop fares, for `revo.health()`. */
export interface LoopHealth {
  readonly name: string;
  /** Milliseconds since its last success; `null`: none yet. */
  readonly lastOkAgoMs: number | null;
  /** Failures in a row; 0: it works. */
  readonly failures: number;
}

/**
 * Runs a step for ever: a step that throws is reported and tried again after a back-off, nothing ever ends the loop but
 * `stop`. Steps never overlap; a wake during a step makes the next one follow at once.
 */
export class Loop {
  readonly #options: LoopOptions;
  #timer: ITimer | null = null;
  #running: Promise<void> | null = null;
  #woken = false;
  #stopped = true;
  #failures = 0;
  #lastOkMs: number | null = null;
  #lagMs = 0;

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  /** Starts with a step in `delayMs` milliseconds. */
  start(delayMs = 0): void {
    this.#stopped = false;
    this.#arm(delayMs);
  }

  /** Makes the next step come at once. */
  wake(): void {
    if (this.#stopped) return;
    if (this.#running === null) this.#arm(0);
    else this.#woken = true;
  }

  /** Makes the next step come in at most `delayMs`, for a loop that waits for a wake. */
  wakeIn(delayMs: number): void {
    if (!this.#stopped && this.#running === null && this.#timer === null) this.#arm(delayMs);
  }

  /** How late its last step came, in milliseconds: what the event loop was kept from doing. */
  get lagMs(): number {
    return this.#lagMs;
  }

  /** Resolves when the step under way, if any, has ended; none follows. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#running;
  }

  health(): LoopHealth {
    const { name, clock } = this.#options;
    const lastOkAgoMs =
      this.#lastOkMs === null ? null : Math.round(clock.monotonicMs() - this.#lastOkMs);
    return { name, lastOkAgoMs, failures: this.#failures };
  }

  #arm(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (delayMs === Number.POSITIVE_INFINITY) return;
    const { clock } = this.#options;
    const dueMs = clock.monotonicMs() + delayMs;
    this.#timer = clock.schedule(delayMs, () => {
      this.#timer = null;
      this.#lagMs = Math.max(0, clock.monotonicMs() - dueMs);
      this.#running = this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#woken = false;
    const nextMs = await this.#step();
    this.#running = null;
    if (!this.#stopped) this.#arm(this.#woken ? 0 : nextMs);
  }

  async #step(): Promise<number> {
    const { name, clock, random, events, step } = this.#options;
    try {
      const nextMs = await step();
      this.#lastOkMs = clock.monotonicMs();
      if (this.#failures > 0)
        events.emit("loop.recovered", { loop: name, failures: this.#failures });
      this.#failures = 0;
      return nextMs;
    } catch (error) {
      this.#failures += 1;
      this.#woken = false;
      const retryInMs = reconnectDelayMs(this.#failures, random.fraction());
      events.emit("loop.failed", { loop: name, error, retryInMs });
      return retryInMs;
    }
  }
}
