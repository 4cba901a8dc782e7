import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  partitionOfText,
  partitionPrefixes,
  slotOf,
} from "../../src/partitions/partition-prefixes.ts";

describe("the partitions of a storage", () => {
  it("have slots that are spread evenly over the cluster, for any prefix and number", () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[A-Za-z0-9._:-]{1,64}$/),
        fc.integer({ min: 1, max: 64 }),
        (prefix, count) => {
          const parts = partitionPrefixes(prefix, count).map((each) =>
            Math.floor((slotOf(each) * count) / 16_384),
          );

          expect(parts).toEqual(Array.from({ length: count }, (_, index) => index));
        },
      ),
    );
  });

  it("compute slots as Redis does", () => {
    expect(["123456789", "foo", "somekey"].map(slotOf)).toEqual([0x31c3, 12_182, 11_058]);
  });

  it("have names that no other storage's prefix can have, and the same ones every time", () => {
    expect(partitionPrefixes("revo", 3)).toEqual(partitionPrefixes("revo", 3));
    for (const prefix of partitionPrefixes("revo", 64)) expect(prefix).toMatch(/^revo#\d/);
  });

  it("get about the same number of ids each, whatever these have in common", () => {
    const counts = Array.from({ length: 7 }, () => 0);
    for (let index = 0; index < 7000; index++) {
      const id = `00000000-0000-0000-0000-${index.toString(16).padStart(12, "0")}`;
      const partition = partitionOfText(id, 7);
      counts[partition] = (counts[partition] ?? 0) + 1;
    }

    expect(Math.min(...counts)).toBeGreaterThan(850);
    expect(Math.max(...counts)).toBeLessThan(1150);
  });
});
