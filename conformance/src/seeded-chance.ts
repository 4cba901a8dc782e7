/** Chance that is the same for the same seed: a failing history is named by its number. */
export class SeededChance {
  #state: number;

  constructor(seed: number) {
    this.#state = (Math.imul(seed + 1, 2_654_435_761) ^ 0x9e37_79b9) >>> 0;
  }

  /** An integer from 0 to `below` - 1. */
  below(below: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    // The low bits of this generator repeat soon.
    return Math.floor((this.#state / 2 ** 32) * below);
  }

  oneOf<T>(items: readonly [T, ...T[]]): T {
    return items[this.below(items.length)] ?? items[0];
  }

  /** The same items in an order of chance. */
  shuffled<T>(items: readonly T[]): readonly T[] {
    const keyed = items.map((item) => ({ item, key: this.below(2 ** 30) }));
    return keyed.toSorted((one, other) => one.key - other.key).map(({ item }) => item);
  }
}
