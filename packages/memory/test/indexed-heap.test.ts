import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { IndexedHeap } from "../src/indexed-heap.ts";

interface Item {
  readonly key: number;
  readonly sequence: number;
  heapAt: number;
}

function isBefore(one: Item, other: Item): boolean {
  return one.key === other.key ? one.sequence < other.sequence : one.key < other.key;
}

describe("IndexedHeap", () => {
  it("gives the first of all items, whatever was pushed or taken out of the middle", () => {
    const operation = fc.oneof(
      { weight: 4, arbitrary: fc.record({ kind: fc.constant("push" as const), value: fc.nat(5) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("shift" as const), value: fc.nat() }) },
      {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constant("remove" as const), value: fc.nat(99) }),
      },
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
        const heap = new IndexedHeap<Item>(isBefore);
        let model: Item[] = [];

        for (const [sequence, { kind, value }] of operations.entries()) {
          if (kind === "push") {
            const item = { key: value, sequence, heapAt: -1 };
            heap.push(item);
            model.push(item);
          } else {
            const item = kind === "shift" ? model[0] : model[value % Math.max(model.length, 1)];
            if (kind === "shift") expect(heap.shift()).toBe(item);
            else if (item !== undefined) heap.remove(item);
            model = model.filter((other) => other !== item);
            if (item !== undefined) expect(item.heapAt).toBe(-1);
          }
          model.sort((one, other) => (isBefore(one, other) ? -1 : 1));
          expect(heap.first).toBe(model[0]);
          expect(heap.size).toBe(model.length);
        }
      }),
    );
  });

  it("keeps items of one key apart and gives them in their order", () => {
    const heap = new IndexedHeap<Item>(isBefore);
    const items = Array.from({ length: 1000 }, (_, sequence) => ({ key: 7, sequence, heapAt: -1 }));

    for (const item of items.toReversed()) heap.push(item);

    expect(Array.from(items, () => heap.shift())).toEqual(items);
    expect(heap.shift()).toBeUndefined();
  });
});
