import { describe, expect, it } from "vitest";
import { ClaimFloors, type PlacedJob } from "../src/claim-floors.ts";
import { aClaim } from "@revojs/conformance/fixtures";

const LIMIT = 1000;

/** A thousand jobs of one band, a microsecond apart. */
function jobsFrom(firstUs: number, priority = 5, count = LIMIT): readonly PlacedJob[] {
  return Array.from({ length: count }, (_, index) => ({
    queue: "default",
    priority,
    enqueuedAtUs: firstUs + index,
  }));
}

/** Floors after full claims of three thousand jobs. */
function deepFloors(): ClaimFloors {
  const floors = new ClaimFloors();
  const claim = aClaim({ limit: LIMIT });
  for (const firstUs of [1, 1001, 2001])
    floors.after(claim, floors.before(claim), jobsFrom(firstUs));
  return floors;
}

describe("ClaimFloors", () => {
  it("begins at the front until many jobs were given by full claims", () => {
    const floors = new ClaimFloors();
    const claim = aClaim({ limit: LIMIT });

    const first = floors.before(claim);
    floors.after(claim, first, jobsFrom(1));
    const second = floors.before(claim);

    expect([first.floorsUs, second.floorsUs]).toEqual([null, null]);
  });

  it("goes on where the last full claim ended, band by band", () => {
    const floors = deepFloors();

    const { floorsUs } = floors.before(aClaim({ limit: LIMIT }));

    expect(floorsUs?.[5]).toBe(3000);
    expect(floorsUs?.filter((us) => us !== null)).toHaveLength(1);
  });

  it("begins at the front again after a claim that came short", () => {
    const floors = deepFloors();
    const claim = aClaim({ limit: LIMIT });

    floors.after(claim, floors.before(claim), jobsFrom(3001, 5, LIMIT - 1));

    expect(floors.before(claim).floorsUs).toBeNull();
  });

  it("begins at the front again when something may have come before the floors", () => {
    const floors = deepFloors();

    floors.reset();

    expect(floors.before(aClaim({ limit: LIMIT })).floorsUs).toBeNull();
  });

  it("does not fall back when two claims are answered in the other order", () => {
    const floors = deepFloors();
    const claim = aClaim({ limit: LIMIT });
    const [one, other] = [floors.before(claim), floors.before(claim)];

    floors.after(claim, other, jobsFrom(4001));
    floors.after(claim, one, jobsFrom(3001));

    expect(floors.before(claim).floorsUs?.[5]).toBe(5000);
  });

  it("keeps the floor of each queue for itself", () => {
    const floors = deepFloors();
    const claim = aClaim({
      limit: LIMIT,
      queues: [
        { queue: "other", limit: LIMIT },
        { queue: "default", limit: LIMIT },
      ],
    });

    const { floorsUs } = floors.before(claim);

    expect(floorsUs?.slice(0, 10)).toEqual(new Array(10).fill(null));
    expect(floorsUs?.[15]).toBe(3000);
  });
});
