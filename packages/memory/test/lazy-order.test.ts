import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inOrder, merged } from "../src/lazy-order.ts";

const isLess = (one: number, other: number): boolean => one < other;
const sorted = (numbers: readonly number[]): readonly number[] =>
  numbers.toSorted((one, other) => one - other);

describe("lazy order", () => {
  it("is the order of a full sort", () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), (numbers) => {
        expect([...inOrder(numbers, isLess)]).toEqual(sorted(numbers));
      }),
    );
  });

  it("compares little when only the first items are asked for", () => {
    const numbers = Array.from({ length: 100_000 }, (_, index) => (index * 7919) % 100_003);
    let comparisons = 0;

    const first = inOrder(numbers, (one, other) => {
      comparisons++;
      return one < other;
    }).next();

    expect(first.value).toBe(0);
    expect(comparisons).toBeLessThan(3 * numbers.length);
  });

  it("merges two orders into one", () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.array(fc.integer()), (one, other) => {
        const both = merged(sorted(one).values(), sorted(other).values(), isLess);

        expect([...both]).toEqual(sorted([...one, ...other]));
      }),
    );
  });
});
