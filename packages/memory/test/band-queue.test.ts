import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BandQueue } from "../src/band-queue.ts";

interface Item {
  readonly sequence: number;
  heapAt: number;
  ringAt: number;
}

function anItem(sequence: number): Item {
  return { sequence, heapAt: -1, ringAt: -1 };
}

describe("BandQueue", () => {
  it("gives jobs by arrival, also those that left and came back, whatever leaves from the middle", () => {
    const operation = fc.record({
      kind: fc.constantFrom("arrive", "arrive", "claim", "return", "remove"),
      pick: fc.nat(999),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 300 }), (operations) => {
        const band = new BandQueue<Item>();
        const waiting: Item[] = [];
        const away: Item[] = [];
        const enter = (item: Item): void => {
          band.push(item);
          waiting.push(item);
          waiting.sort((one, other) => one.sequence - other.sequence);
        };

        for (const [sequence, { kind, pick }] of operations.entries()) {
          if (kind === "arrive") enter(anItem(sequence));
          else if (kind === "return") {
            const [item] = away.splice(pick % Math.max(away.length, 1), 1);
            if (item !== undefined) enter(item);
          } else {
            const index = kind === "claim" ? 0 : pick % Math.max(waiting.length, 1);
            const [item] = waiting.splice(index, 1);
            if (item !== undefined) band.remove(item);
            if (item !== undefined && kind === "claim") away.push(item);
          }
          expect(band.first).toBe(waiting[0]);
          expect(band.size).toBe(waiting.length);
        }

        expect([...band.inOrder()]).toEqual(waiting);
        const after = waiting[Math.floor(waiting.length / 2)]?.sequence ?? 0;
        const behind = waiting.filter((item) => item.sequence > after);
        expect([...band.inOrder(after)]).toEqual(behind);
      }),
    );
  });
});
