import { nowMs } from "../clock.ts";
import { type Latencies, latenciesOf } from "../latencies.ts";
import type { BenchPayload } from "../systems/bench-system.ts";

/** A look at a process that handles jobs for a long time. */
export interface SoakSample {
  /** Different jobs handled since the start. */
  readonly distinct: number;
  /** Runs beyond the first of a job since the start. */
  readonly repeated: number;
  /** From the moment a job was to be enqueued to its start, since the last look, of an even choice of jobs. */
  readonly latencies: Latencies;
}

/** Latencies kept between two looks: an even choice among more. */
const MOST_KEPT = 50_000;

/** Counts each job of a long run in a bit, so that what it takes does not grow. */
export class SoakedJobs {
  readonly #ids: number;
  readonly #handled: Uint8Array;
  readonly #every: number;
  #latenciesMs: number[] = [];
  #distinct = 0;
  #repeated = 0;

  /**
   * @param ids Jobs have the numbers 0 to `ids` - 1; others count as repeated.
   * @param perSample Jobs expected between two looks.
   */
  constructor(ids: number, perSample: number) {
    this.#ids = ids;
    this.#handled = new Uint8Array(Math.ceil(ids / 8));
    this.#every = Math.max(1, Math.ceil(perSample / MOST_KEPT));
  }

  /** The handler: it does nothing but count. */
  readonly handle = ({ i, t }: BenchPayload): void => {
    if (t !== undefined && i % this.#every === 0) this.#latenciesMs.push(nowMs() - t);
    const bit = 1 << (i & 7);
    const byte = this.#handled[i >>> 3] ?? 255;
    if (i >= this.#ids || (byte & bit) !== 0) {
      this.#repeated += 1;
      return;
    }
    this.#handled[i >>> 3] = byte | bit;
    this.#distinct += 1;
  };

  /** What happened since the last look. */
  sample(): SoakSample {
    const latencies = latenciesOf(this.#latenciesMs);
    this.#latenciesMs = [];
    return { distinct: this.#distinct, repeated: this.#repeated, latencies };
  }
}
