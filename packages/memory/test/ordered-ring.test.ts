import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OrderedRing } from "../src/ordered-ring.ts";

interface Item {
  readonly value: number;
  at: number;
}

function aRing(): OrderedRing<Item> {
  return new OrderedRing<Item>((item, position) => {
    item.at = position;
  });
}

function pushed(ring: OrderedRing<Item>, value: number): Item {
  const item = { value, at: -1 };
  item.at = ring.push(item);
  return item;
}

describe("OrderedRing", () => {
  it("keeps the order through pushes, removals anywhere and packing", () => {
    const operation = fc.oneof(
      { weight: 3, arbitrary: fc.constant({ kind: "push" as const, at: 0 }) },
      {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constant("remove" as const), at: fc.nat(1000) }),
      },
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 400 }), (operations) => {
        const ring = aRing();
        const model: Item[] = [];

        for (const [value, { kind, at }] of operations.entries()) {
          if (kind === "push") model.push(pushed(ring, value));
          else {
            const [item] = model.splice(at % Math.max(model.length, 1), 1);
            if (item !== undefined) ring.remove(item.at);
          }
          expect(ring.size).toBe(model.length);
          expect(ring.first).toBe(model[0]);
          expect(ring.last).toBe(model.at(-1));
        }

        expect([...ring.forward()]).toEqual(model);
        expect([...ring.backward()]).toEqual(model.toReversed());
      }),
    );
  });

  it("finds the first item that is not early, holes or not", () => {
    const input = fc.record({ keep: fc.array(fc.boolean(), { maxLength: 80 }), bound: fc.nat(90) });
    fc.assert(
      fc.property(input, ({ keep, bound }) => {
        const ring = aRing();
        const items = keep.map((_, value) => pushed(ring, value));
        for (const item of items) if (keep[item.value] === false) ring.remove(item.at);

        const from = ring.search((item) => item.value < bound);

        const behind = items.filter((item) => keep[item.value] === true && item.value >= bound);
        expect([...ring.forward(from)]).toEqual(behind);
      }),
    );
  });

  it("forgets the holes when they are the majority", () => {
    const ring = aRing();
    const items = Array.from({ length: 10_000 }, (_, value) => pushed(ring, value));

    for (const item of items.slice(1, -1)) ring.remove(item.at);

    expect(items.at(-1)?.at).toBeLessThan(32);
  });
});
