import type { IClock } from "@revojs/core";
import type { Timestamp } from "mongodb";

/** So many reads go on where the last one ended before one begins at the head again. */
const MOST_READS = 32;
/** And no longer than this: what was put back or arrived late waits behind the trail. */
const LONGEST_MS = 1000;
/** A read that takes longer is not waited for. */
const LONGEST_WAIT_MS = 100;

/** A place in a band of a queue. */
export interface TrailPlace {
  readonly priority: number;
  readonly order: Timestamp;
}

/**
 * Where the last read of a queue ended, so that the next claim begins there: two claims of a process then never read the same
 * jobs, none passes by the entries that the ones before have left dead at the head, and processes that have come apart stay
 * apart. Every now and then a read begins at the head again.
 */
export class ClaimTrail {
  readonly #clock: IClock;
  #queue: string | undefined;
  #place: TrailPlace | undefined;
  #head: TrailPlace | undefined;
  #reads = 0;
  #untilMs = -Infinity;
  #claims = 0;
  #reading: Promise<void> | undefined;

  constructor(clock: IClock) {
    this.#clock = clock;
  }

  /** A claim begins (1) or ends (-1). */
  count(by: 1 | -1): void {
    this.#claims += by;
  }

  /** Whether a claim has company in this process. */
  get isShared(): boolean {
    return this.#claims > 1;
  }

  /** Where to go on in this queue; `undefined`: at its head. */
  next(queue: string): TrailPlace | undefined {
    const isLong = this.#reads >= MOST_READS || this.#clock.monotonicMs() >= this.#untilMs;
    return queue === this.#queue && !isLong ? this.#place : undefined;
  }

  /** A read from the head or near it ended here. */
  start(queue: string, place: TrailPlace): void {
    this.#queue = queue;
    this.#place = place;
    this.#head = undefined;
    this.#begin();
  }

  /**
   * The trail is long, and this is the head now. Where it is not the one seen before, somebody else takes jobs there, and
   * would only be in the way: the trail goes on.
   */
  renew(queue: string, head: TrailPlace): TrailPlace | undefined {
    const isSame = this.#head?.order.equals(head.order) === true;
    if (queue !== this.#queue || isSame) return undefined;
    this.#head = head;
    this.#begin();
    return this.#place;
  }

  /** A read from the trail's end went on to here. */
  advance(place: TrailPlace): void {
    this.#place = place;
    this.#reads++;
  }

  /** The next read begins at the head. */
  drop(): void {
    this.#place = undefined;
  }

  #begin(): void {
    this.#reads = 0;
    this.#untilMs = this.#clock.monotonicMs() + LONGEST_MS;
  }

  /** Reads begin where the one before ended, so they go one after the other. A slow one holds up nobody for long. */
  inTurn<T>(read: () => Promise<T>): Promise<T> {
    const before = this.#reading;
    const reading = before === undefined ? read() : this.#atMost(before).then(read);
    const done: Promise<void> = reading
      .then(
        () => {},
        () => {},
      )
      .then(() => {
        if (this.#reading === done) this.#reading = undefined;
      });
    this.#reading = done;
    return reading;
  }

  #atMost(work: Promise<void>): Promise<void> {
    return new Promise<void>((resolve) => {
      const timer = this.#clock.schedule(LONGEST_WAIT_MS, resolve, false);
      void work.then(() => {
        timer.cancel();
        resolve();
      });
    });
  }
}
