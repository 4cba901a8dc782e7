import type { Attempt } from "./attempt.ts";

/** Taken entries are let go of when they are so many and half of all. */
const COMPACT_FROM = 256;

/** Attempts in order; first in, first out, with removal from the middle. Taking one costs the same however many wait. */
export class AttemptQueue implements Iterable<Attempt> {
  #attempts: (Attempt | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#attempts.length - this.#head;
  }

  push(attempt: Attempt): void {
    this.#attempts.push(attempt);
  }

  take(): Attempt | undefined {
    if (this.length === 0) return undefined;
    const attempt = this.#attempts[this.#head];
    this.#attempts[this.#head] = undefined;
    this.#head += 1;
    if (this.#head >= COMPACT_FROM && this.#head * 2 >= this.#attempts.length) {
      this.#attempts = this.#attempts.slice(this.#head);
      this.#head = 0;
    }
    return attempt;
  }

  /** @returns `false`: it does not wait here. */
  remove(attempt: Attempt): boolean {
    const index = this.#attempts.indexOf(attempt, this.#head);
    if (index < 0) return false;
    this.#attempts.splice(index, 1);
    return true;
  }

  takeAll(): readonly Attempt[] {
    const attempts = [...this];
    this.#attempts = [];
    this.#head = 0;
    return attempts;
  }

  *[Symbol.iterator](): Iterator<Attempt> {
    for (let index = this.#head; index < this.#attempts.length; index++) {
      const attempt = this.#attempts[index];
      if (attempt !== undefined) yield attempt;
    }
  }
}
