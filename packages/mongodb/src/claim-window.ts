import type { JobId } from "@revojs/core";

/** Share of wanted jobs that a claim must win, or else it contends. */
const CONTENDED_BELOW = 0.7;
const CALM_ABOVE = 0.95;
/** So many in a row, and the others may be gone: a wide window is calm because it is wide. */
const CALM_CLAIMS = 16;
const WIDEST = 16;

/**
 * From how many of the first jobs of a queue a claim chooses. Alone, a process takes the very first ones. Where it finds that
 * others took many of them, it begins at random within twice as many, so that they stop getting in each other's way; order is
 * then approximate within that window.
 */
export class ClaimWindow {
  readonly #isStrict: boolean;
  #factor = 1;
  #calmClaims = 0;
  #isContended = false;
  #era = 0;
  /** Jobs that claims of this process are about to take: the next one begins behind them. */
  readonly #reserved = new Set<JobId>();

  constructor(isStrict: boolean) {
    this.#isStrict = isStrict;
  }

  get factor(): number {
    return this.#factor;
  }

  get reserved(): number {
    return this.#reserved.size;
  }

  /** Grows when a claim is told to begin elsewhere. */
  get era(): number {
    return this.#era;
  }

  /** Whether a claim contended: told once, to begin elsewhere. */
  takeContended(): boolean {
    const isContended = this.#isContended;
    if (isContended) this.#era++;
    this.#isContended = false;
    return isContended;
  }

  /** Whether a claim that asked for so many and got so many was in the way of others. Never, where order is strict. */
  isContended(wanted: number, won: number): boolean {
    return !this.#isStrict && wanted >= 2 && won / wanted < CONTENDED_BELOW;
  }

  /** How many jobs a claim of `limit` jobs passes by before it begins. */
  draw(limit: number): number {
    // By whole claims: two that begin near each other would meet in most of their jobs.
    return Math.floor(Math.random() * this.#factor) * limit;
  }

  /** The same for one that has just met others: no less than half the window. */
  leap(limit: number): number {
    return Math.ceil((this.#factor * (1 + Math.random())) / 2) * limit;
  }

  /** The queue is shorter than the window. */
  shrink(): void {
    this.#factor = Math.max(this.#factor / 2, 1);
    this.#calmClaims = 0;
  }

  isReserved(jobId: JobId): boolean {
    return this.#reserved.has(jobId);
  }

  reserve(jobIds: readonly JobId[]): void {
    for (const jobId of jobIds) this.#reserved.add(jobId);
  }

  unreserve(jobIds: readonly JobId[]): void {
    for (const jobId of jobIds) this.#reserved.delete(jobId);
  }

  /**
   * How a claim of several jobs went.
   * @param era When it was read. One that was read beside another that contended says nothing new.
   */
  learn(wanted: number, won: number, era: number = this.#era): void {
    if (this.#isStrict || wanted < 2 || era !== this.#era) return;
    const share = won / wanted;
    if (this.isContended(wanted, won)) {
      this.#factor = Math.min(this.#factor * 2, WIDEST);
      this.#isContended = true;
      this.#calmClaims = 0;
    } else if (share > CALM_ABOVE && ++this.#calmClaims >= CALM_CLAIMS) this.shrink();
  }
}
