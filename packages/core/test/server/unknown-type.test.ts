import { describe, expect, it } from "vitest";
import { unknownTypeOutcome } from "../../src/server/unknown-type.ts";

describe("unknownTypeOutcome", () => {
  it("gives the job back with its attempt, for ever longer, at most five minutes", () => {
    const outcomes = [0, 1, 2, 3, 4, 5, 6, 7, 1_000_000].map(unknownTypeOutcome);

    expect(outcomes.map((outcome) => outcome.kind === "release" && outcome.delayMs)).toEqual([
      5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000,
    ]);
    expect(outcomes[0]).toMatchObject({ refundAttempt: true, reason: "no-handler" });
  });
});
