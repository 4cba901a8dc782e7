/** Time between two turns of what need not be done each time, in milliseconds. */
const EVERY_MS = 60_000;

/** Tells when it is time for what would otherwise be done too often: an idle server must not ask the store all the time. */
export class SparseTask {
  #nextMs = -Infinity;

  /** Whether it is to be done now; then its next turn is a minute later. @param nowMs By the storage's clock. */
  isDue(nowMs: number): boolean {
    if (nowMs < this.#nextMs) return false;
    this.#nextMs = nowMs + EVERY_MS;
    return true;
  }
}
