import type { IClock } from "@revojs/core";

/** The wall clock may be set; a difference of this size to the monotonic one means that it was, or that the machine slept. */
const MOST_DRIFT_MS = 1000;

/** What a look at the server's clock found. */
export interface ServerTime {
  /** Of the server's wall clock and the offset of the storage, in milliseconds since 1970. */
  readonly nowMs: number;
}

/**
 * The storage's clock. A learned difference between the server's clock and this process's monotonic one makes it cost nothing;
 * it is learned again when it grows old, and when the machine has slept. What the process takes for the time of day plays no
 * part in it.
 */
export class ServerClock {
  readonly #clock: IClock;
  readonly #maxAgeMs: number;
  readonly #read: () => Promise<ServerTime>;
  #offsetMs = 0;
  #learnedAtMs = -Infinity;
  #wallAheadMs = 0;
  #learning: Promise<void> | undefined;

  /** @param maxAgeMs How long a learned difference is believed; 0 asks the server each time. */
  constructor(clock: IClock, maxAgeMs: number, read: () => Promise<ServerTime>) {
    this.#clock = clock;
    this.#maxAgeMs = maxAgeMs;
    this.#read = read;
  }

  /** Milliseconds since 1970 by the storage's clock. */
  async nowMs(): Promise<number> {
    if (this.#isOld()) await this.learn();
    return Math.floor(this.#clock.monotonicMs() + this.#offsetMs);
  }

  /** Asks the server. Calls at the same time share one answer, unless each is to have its own. */
  async learn(): Promise<void> {
    if (this.#maxAgeMs === 0) return this.#learn();
    this.#learning ??= this.#learn().finally(() => {
      this.#learning = undefined;
    });
    return this.#learning;
  }

  async #learn(): Promise<void> {
    const before = this.#clock.monotonicMs();
    const { nowMs } = await this.#read();
    const after = this.#clock.monotonicMs();
    // The server read its clock at some moment between the two.
    this.#offsetMs = nowMs - (before + after) / 2;
    this.#learnedAtMs = after;
    this.#wallAheadMs = this.#clock.nowMs() - after;
  }

  #isOld(): boolean {
    const monotonicMs = this.#clock.monotonicMs();
    if (monotonicMs - this.#learnedAtMs >= this.#maxAgeMs) return true;
    const drift = this.#clock.nowMs() - monotonicMs - this.#wallAheadMs;
    return Math.abs(drift) > MOST_DRIFT_MS;
  }
}
