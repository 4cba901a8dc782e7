import { describe, expect, it } from "vitest";
import type { Attempt } from "../../src/server/attempt.ts";
import { exchangeRequest, isSingle, splitFlight, type Flight } from "../../src/server/flight.ts";
import { anAttempt } from "./builders.ts";

const claim: NonNullable<Flight["claim"]> = {
  token: "7",
  queues: [{ queue: "default", limit: 3 }],
  limit: 3,
  promoteLimit: 500,
  maxBytes: 1_000,
};

function ended(): Attempt {
  const attempt = anAttempt();
  attempt.outcome = { kind: "succeed", retainMs: 1 };
  return attempt;
}

const aFlight = (parts: Partial<Flight> = {}): Flight => ({
  serverId: "s",
  settle: [],
  starting: [],
  claim: null,
  repeat: true,
  failures: 3,
  ...parts,
});

/** Takes apart until nothing can be taken apart any more. */
function pieces(flight: Flight): readonly Flight[] {
  const parts = splitFlight(flight);
  return parts.length === 1 && parts[0] !== undefined ? parts : parts.flatMap(pieces);
}

describe("exchangeRequest", () => {
  it("leaves out what there is nothing of", () => {
    const request = exchangeRequest(aFlight({ repeat: false }));

    expect(request).toEqual({ serverId: "s", settle: [] });
  });

  it("says of each attempt its job, its token, its outcome and where the storage finds it", () => {
    const attempt = anAttempt({ locator: "(0,1)" });
    attempt.outcome = { kind: "succeed", retainMs: 1 };

    const request = exchangeRequest(aFlight({ settle: [attempt], starting: [attempt], claim }));

    const { id } = attempt.job;
    expect(request).toEqual({
      serverId: "s",
      settle: [{ jobId: id, token: "1", outcome: attempt.outcome, locator: "(0,1)" }],
      starting: [{ jobId: id, token: "1", locator: "(0,1)" }],
      claim,
      repeat: true,
    });
  });
});

describe("splitFlight", () => {
  it("parts the claim from the settlements, and these in halves", () => {
    const settle = [ended(), ended(), ended()];

    const parts = splitFlight(aFlight({ settle, claim }));

    expect(parts.map((part) => [part.claim, part.settle])).toEqual([
      [claim, []],
      [null, settle.slice(0, 2)],
      [null, settle.slice(2)],
    ]);
  });

  it("keeps every item, whatever the numbers", () => {
    for (const [settles, marks] of [
      [0, 1],
      [1, 0],
      [1, 1],
      [0, 3],
      [5, 4],
      [64, 1],
    ] as const) {
      const settle = Array.from({ length: settles }, ended);
      const starting = Array.from({ length: marks }, () => anAttempt());

      const parts = pieces(aFlight({ settle, starting, claim }));

      expect(parts.flatMap((part) => part.settle)).toEqual(settle);
      expect(new Set(parts.flatMap((part) => part.starting))).toEqual(new Set(starting));
      expect(parts.filter((part) => part.claim !== null)).toHaveLength(1);
      expect(parts.every((part) => part.claim !== null || isSingle(part))).toBe(true);
    }
  });

  it("leaves a claim alone as it is: it is never given up", () => {
    const flight = aFlight({ claim });

    expect(splitFlight(flight)).toEqual([flight]);
    expect(isSingle(flight)).toBe(false);
  });

  it("remembers that each part may have been carried out", () => {
    const parts = splitFlight(aFlight({ settle: [ended(), ended()], claim }));

    expect(parts.every(({ repeat, failures }) => repeat && failures === 3)).toBe(true);
  });
});
