import { type BandItem, BandQueue } from "./band-queue.ts";

const BANDS = 10;

/** A pause as an operator set it. */
export interface QueuePause {
  readonly sinceMs: number;
  readonly actor: string;
  readonly reason: string;
  /** Absent: until resumed. */
  readonly endsAtMs?: number;
}

/** What a queue needs of a job. */
export interface LineItem extends BandItem {
  /** 0 (first) to 9. */
  readonly priority: number;
}

/** One named queue: its ten bands, its pause, and how many jobs of each unfinished state it has. */
export class QueueLine<T extends LineItem> {
  readonly name: string;
  enqueued = 0;
  scheduled = 0;
  processing = 0;
  awaiting = 0;
  throttled = 0;
  pause: QueuePause | undefined = undefined;
  readonly #bands: (BandQueue<T> | undefined)[] = new Array<BandQueue<T> | undefined>(BANDS).fill(
    undefined,
  );

  constructor(name: string) {
    this.name = name;
  }

  /** The bands that were ever used, first priority first. */
  get bands(): readonly (BandQueue<T> | undefined)[] {
    return this.#bands;
  }

  /** Whether nothing would be lost without it. */
  get isIdle(): boolean {
    return this.unfinished === 0 && this.pause === undefined;
  }

  get unfinished(): number {
    return this.enqueued + this.scheduled + this.processing + this.awaiting + this.throttled;
  }

  push(entry: T): void {
    let band = this.#bands[entry.priority];
    if (band === undefined) {
      band = new BandQueue<T>();
      this.#bands[entry.priority] = band;
    }
    band.push(entry);
    this.enqueued++;
  }

  remove(entry: T): void {
    this.#bands[entry.priority]?.remove(entry);
    this.enqueued--;
  }

  /** Whether claims must pass it by. A pause that has ended by itself is forgotten. */
  isPaused(nowMs: number): boolean {
    if (this.pause === undefined) return false;
    if (this.pause.endsAtMs === undefined || this.pause.endsAtMs > nowMs) return true;
    this.pause = undefined;
    return false;
  }
}
