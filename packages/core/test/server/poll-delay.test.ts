import { describe, expect, it } from "vitest";
import { pollDelayMs } from "../../src/server/poll-delay.ts";

/** Without jitter. */
const delaysMs = (push: "exact" | "hint" | "none", pollMs = 2_000): readonly number[] =>
  [1, 2, 3, 4, 5, 6, 100].map((emptyClaims) =>
    Math.round(pollDelayMs(push, emptyClaims, pollMs, 0.5)),
  );

describe("pollDelayMs", () => {
  it("is the setting where a wake cannot be missed", () => {
    expect(delaysMs("exact")).toEqual([2_000, 2_000, 2_000, 2_000, 2_000, 2_000, 2_000]);
  });

  it("looks again soon where a wake may just be missed, then as often as set", () => {
    expect(delaysMs("hint")).toEqual([5, 20, 100, 500, 2_000, 2_000, 2_000]);
  });

  it("doubles from 100 ms to 1 s where nothing wakes", () => {
    expect(delaysMs("none")).toEqual([100, 200, 400, 800, 1_000, 1_000, 1_000]);
  });

  it("never exceeds the setting where nothing wakes", () => {
    expect(delaysMs("none", 150)).toEqual([100, 150, 150, 150, 150, 150, 150]);
  });

  it("spreads by a fifth to both sides", () => {
    expect(pollDelayMs("exact", 1, 1_000, 0)).toBe(800);
    expect(pollDelayMs("exact", 1, 1_000, 0.999_999)).toBeCloseTo(1_200, 2);
  });
});
