/** UTF-8 needs no more than this for one UTF-16 code unit. */
const MOST_BYTES_PER_UNIT = 3;

/** Keeps the payloads of one reply under a number of UTF-8 bytes. Counts exactly only where a generous guess does not fit. */
export class ByteBudget {
  readonly #maxBytes: number;
  readonly #taken: string[] = [];
  /** At least what the payloads taken so far need. */
  #atMost = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Whether `payload` fits beside those taken before; the first one always does. If so it is counted as taken. */
  takes(payload: string): boolean {
    const guess = this.#atMost + payload.length * MOST_BYTES_PER_UNIT;
    if (guess <= this.#maxBytes) {
      this.#atMost = guess;
      this.#taken.push(payload);
      return true;
    }
    let exact = Buffer.byteLength(payload);
    for (const one of this.#taken) exact += Buffer.byteLength(one);
    const fits = exact <= this.#maxBytes || this.#taken.length === 0;
    if (!fits) return false;
    this.#atMost = exact;
    this.#taken.push(payload);
    return true;
  }
}
