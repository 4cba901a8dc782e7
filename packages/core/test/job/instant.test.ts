import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maxDurationMs } from "../../src/job/duration.ts";
import { parseInstant } from "../../src/job/instant.ts";
import { refusalOf } from "./thrown-by.ts";

const nowMs = Date.parse("2026-06-01T00:00:00Z");
const inRange = fc.integer({ min: Date.parse("0000-01-01T00:00:00Z"), max: nowMs + maxDurationMs });

describe("an instant", () => {
  it("is the same as a Date, as its ISO text and as epoch milliseconds", () => {
    fc.assert(
      fc.property(inRange, (instantMs) => {
        const date = new Date(instantMs);

        expect(parseInstant(date, "runAt", nowMs)).toEqual(date);
        expect(parseInstant(date.toISOString(), "runAt", nowMs)).toEqual(date);
        expect(parseInstant({ epochMilliseconds: instantMs }, "runAt", nowMs)).toEqual(date);
      }),
    );
  });

  it("is a new Date, which later changes of the caller's do not move", () => {
    const given = new Date(nowMs);

    const read = parseInstant(given, "runAt", nowMs);
    given.setUTCFullYear(2000);

    expect(read.getTime()).toBe(nowMs);
  });

  it("may be written with an offset, without seconds and with nanoseconds", () => {
    expect(parseInstant("2027-01-01T08:00+02:00", "runAt", nowMs)).toEqual(
      new Date("2027-01-01T06:00:00Z"),
    );
    expect(parseInstant("2027-01-01T08:00:00.123456789Z", "runAt", nowMs)).toEqual(
      new Date("2027-01-01T08:00:00.123Z"),
    );
    expect(parseInstant("2028-02-29T00:00:00-05:30", "runAt", nowMs)).toEqual(
      new Date("2028-02-29T05:30:00Z"),
    );
  });

  it("is valid up to exactly 100 years ahead", () => {
    expect(parseInstant(new Date(nowMs + maxDurationMs), "runAt", nowMs).getTime()).toBe(
      nowMs + maxDurationMs,
    );
    expect(refusalOf(() => parseInstant(new Date(nowMs + maxDurationMs + 1), "runAt", nowMs))).toBe(
      "REVO_TIME_OUT_OF_RANGE runAt",
    );
  });
});
