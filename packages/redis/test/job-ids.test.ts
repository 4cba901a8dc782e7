import { hasCode } from "@revojs/core";
import { assert, describe, expect, it } from "vitest";
import fc from "fast-check";
import { joinShortIds, toShortId, toUuid } from "../src/job-ids.ts";

describe("short ids", () => {
  it("have 22 characters and come back as the same UUID", () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        const short = toShortId(id);

        expect(short).toHaveLength(22);
        expect(toUuid(short)).toBe(id);
      }),
    );
  });

  it("sort like the UUIDs that they stand for", () => {
    fc.assert(
      fc.property(fc.uuid(), fc.uuid(), (one, other) => {
        expect(toShortId(one) < toShortId(other)).toBe(one < other);
      }),
    );
  });

  it("hold the least and the greatest UUID", () => {
    const ends = ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"];

    expect(ends.map((id) => toUuid(toShortId(id)))).toEqual(ends);
  });

  it("stand one behind the other in a joined text", () => {
    const ids = fc.sample(fc.uuid(), 3);

    expect(joinShortIds(ids)).toBe(ids.map(toShortId).join(""));
  });

  it.each([
    "",
    "0",
    "018F3A5C-0000-7000-8000-000000000000",
    "018f3a5c000070008000000000000000",
    "018f3a5c-0000-7000-8000-00000000000",
    "018f3a5c-0000-7000-8000-0000000000000",
    "018f3a5c-0000-7000-8000-00000000000g",
    "018f3a5c-0000-7000-8000-00000000000ž",
    "018f3a5c+0000-7000-8000-000000000000",
  ])("refuse %j with REVO_ID_INVALID", (id) => {
    try {
      toShortId(id);
    } catch (error) {
      expect(hasCode(error, "REVO_ID_INVALID")).toBe(true);
      return;
    }
    assert.fail("it was taken");
  });
});
