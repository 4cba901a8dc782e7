import { describe, expect, it } from "vitest";
import { type Outlook, planClaim, sampleSize } from "../../src/partitions/claim-plan.ts";
import { aClaim } from "@revojs/conformance/fixtures";

const open = { isHeld: true, untilDueMs: null };

describe("the plan of a claim over partitions", () => {
  it("takes the first of all by band, time and id", () => {
    const plan = planClaim(
      [
        outlook([job("b", 5, 10), job("d", 5, 12)]),
        outlook([job("c", 0, 99), job("a", 5, 10), job("e", 5, 11)]),
      ],
      aClaim({ limit: 4, queues: [{ queue: "default", limit: 9 }] }),
    );

    expect([...plan.places.keys()]).toEqual(["c", "a", "b", "e"]);
    expect(plan.limits).toEqual([[1], [3]]);
    expect(plan).toMatchObject({ isCutShort: false, left: 1, lastBands: [5] });
  });

  it("takes the queues as they are listed, each up to its own limit", () => {
    const queues = [
      { queue: "a", limit: 1 },
      { queue: "b", limit: 5 },
    ];
    const first = { ...open, queues: [line([job("x", 5, 1)]), line([job("y", 0, 1)])] };
    const second = { ...open, queues: [line([job("z", 5, 2)]), line([])] };

    const plan = planClaim([first, second], aClaim({ limit: 10, queues }));

    expect([...plan.places.keys()]).toEqual(["x", "y"]);
    expect(plan.left).toBe(1);
  });

  it("stops before a job of which it does not know whether another goes first", () => {
    const plan = planClaim(
      [outlook([job("a", 5, 1)], 20), outlook([job("b", 5, 2), job("c", 5, 3)])],
      aClaim({ limit: 3 }),
    );

    expect([...plan.places.keys()]).toEqual(["a"]);
    expect(plan.isCutShort).toBe(true);
  });

  it("stops before the job that would exceed the bytes, but never gives none for it", () => {
    const jobs = [outlook([job("a", 5, 1, 50)]), outlook([job("b", 5, 2, 50)])];

    const [little, enough] = [10, 100].map((maxBytes) => planClaim(jobs, aClaim({ maxBytes })));

    expect([...(little?.places.keys() ?? [])]).toEqual(["a"]);
    expect(little?.isCutShort).toBe(true);
    expect(enough?.places.size).toBe(2);
  });

  it("leaves paused queues alone", () => {
    const paused = {
      ...open,
      queues: [{ pauseEndsInMs: 500, waiting: 3, first: [job("a", 5, 1)] }],
    };

    const plan = planClaim([paused], aClaim());

    expect(plan).toMatchObject({ isCutShort: false, left: 0 });
    expect(plan.places.size).toBe(0);
  });

  it("asks each partition for all of a small claim, and for little more than its share of a large one", () => {
    const sizes = [1, 20, 100, 500].map((limit) =>
      sampleSize(aClaim({ limit, queues: [{ queue: "default", limit }] }), 8),
    );

    expect(sizes).toEqual([1, 20, 35, 97]);
  });
});

function job(id: string, band: number, enqueuedAtMs: number, bytes = 1) {
  return { id, band, enqueuedAtMs, bytes };
}

function line(first: ReturnType<typeof job>[], waiting = first.length) {
  return { pauseEndsInMs: null, waiting, first };
}

function outlook(first: ReturnType<typeof job>[], waiting = first.length): Outlook {
  return { ...open, queues: [line(first, waiting)] };
}
