import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Duration, maxDurationMs, parseDuration } from "../../src/job/duration.ts";
import { refusalOf } from "./thrown-by.ts";

const unitsMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  second: 1000,
  seconds: 1000,
  minute: 60_000,
  minutes: 60_000,
  hour: 3_600_000,
  hours: 3_600_000,
  day: 86_400_000,
  days: 86_400_000,
};

describe("a duration", () => {
  it("is a whole number of milliseconds", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: maxDurationMs }), (value) => {
        expect(parseDuration(value, "delay")).toBe(value);
      }),
    );
  });

  it("is a number with a unit, with or without a space", () => {
    fc.assert(
      fc.property(
        fc.nat(36_525),
        fc.constantFrom(...Object.keys(unitsMs)),
        fc.constantFrom("", " "),
        (count, unit, space) => {
          expect(parseDuration(`${count}${space}${unit}` as Duration, "delay")).toBe(
            count * (unitsMs[unit] ?? Number.NaN),
          );
        },
      ),
    );
  });

  it("may have a fraction as long as it comes to whole milliseconds", () => {
    expect(parseDuration("1.5 h", "delay")).toBe(5_400_000);
    expect(parseDuration("1.1 h", "delay")).toBe(3_960_000);
    expect(parseDuration("0.001 s", "delay")).toBe(1);
    expect(refusalOf(() => parseDuration("0.5 ms", "delay"))).toBe("REVO_DURATION_INVALID delay");
    expect(refusalOf(() => parseDuration("0.0001 s", "delay"))).toBe("REVO_DURATION_INVALID delay");
  });

  it.each(["1 week", "1 year", "1 M", "1  s", " 1 s", "1 s ", "1e3 s", "+1 s", "1 S", "s", ".5 s"])(
    "is refused as %j",
    (value) => {
      expect(refusalOf(() => parseDuration(value as Duration, "delay"))).toBe(
        "REVO_DURATION_INVALID delay",
      );
    },
  );

  it("is an integer from 0 to 100 years or an error with a code, whatever is given", () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.double(), fc.string()), (value) => {
        try {
          const durationMs = parseDuration(value as Duration, "delay");

          expect(Number.isInteger(durationMs) && durationMs >= 0).toBe(true);
          expect(durationMs).toBeLessThanOrEqual(maxDurationMs);
        } catch (error) {
          expect((error as { readonly code?: string }).code).toMatch(
            /^REVO_(?:DURATION_INVALID|TIME_OUT_OF_RANGE)$/,
          );
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("is kept to bounds that are its own", () => {
    const bounds = { minMs: 10, maxMs: 20 };

    expect(parseDuration(10, "beat", bounds)).toBe(10);
    expect(parseDuration(20, "beat", bounds)).toBe(20);
    expect(refusalOf(() => parseDuration(9, "beat", bounds))).toBe("REVO_DURATION_INVALID beat");
    expect(refusalOf(() => parseDuration(21, "beat", bounds))).toBe("REVO_DURATION_INVALID beat");
  });

  it("is named with its rule and its value", () => {
    expect(() => parseDuration("5" as Duration, "delay")).toThrow(
      'Expected `delay` to be an integer >= 0 (milliseconds) or a text such as "30 s", got "5"',
    );
  });
});
