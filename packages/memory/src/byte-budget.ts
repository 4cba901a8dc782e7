import type { ClaimedJob } from "@revojs/core";

/** UTF-8 needs no more than this for one UTF-16 code unit. */
const MOST_BYTES_PER_UNIT = 3;

/**
 * Keeps the payloads of one reply under a number of UTF-8 bytes. It counts exactly only when a generous guess does not fit:
 * most replies are far below their bound, and counting costs more than claiming.
 */
export class ByteBudget {
  readonly #maxBytes: number;
  /** At least what the payloads taken so far need. */
  #atMost = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Whether `payload` fits beside those of `taken`; the first one always does. If so it is counted as taken. */
  takes(payload: string, taken: readonly ClaimedJob[]): boolean {
    const guess = this.#atMost + payload.length * MOST_BYTES_PER_UNIT;
    if (guess <= this.#maxBytes) {
      this.#atMost = guess;
      return true;
    }
    let exact = Buffer.byteLength(payload);
    for (const job of taken) exact += Buffer.byteLength(job.payload);
    this.#atMost = exact;
    return exact <= this.#maxBytes || taken.length === 0;
  }
}
