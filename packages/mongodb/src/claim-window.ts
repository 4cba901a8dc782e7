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

  /** How many jobs a claim of `limit` jobs passes by before it begins. */
  draw(limit: number): number {
    // By whole claims: two that begin near each other would meet in most of their jobs.
    return Math.floor(Math.random() * this.#factor) * limit;
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

  /** How a claim of several jobs went. */
  learn(wanted: number, won: number): void {
    if (this.#isStrict || wanted < 2) return;
    const share = won / wanted;
    if (share < CONTENDED_BELOW) {
      this.#factor = Math.min(this.#factor * 2, WIDEST);
      this.#calmClaims = 0;
    } else if (share > CALM_ABOVE && ++this.#calmClaims >= CALM_CLAIMS) this.shrink();
  }
}
