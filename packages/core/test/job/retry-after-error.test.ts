import { describe, expect, it } from "vitest";
import type { Duration } from "../../src/job/duration.ts";
import { RetryAfterError } from "../../src/job/retry-after-error.ts";

describe("RetryAfterError", () => {
  it("takes its delay as every other duration is given", () => {
    const delays: readonly Duration[] = [0, 1_500, "30 s", "2 minutes"];

    const errors = delays.map((delay) => new RetryAfterError(delay));

    expect(errors.map(({ delayMs }) => delayMs)).toEqual([0, 1_500, 30_000, 120_000]);
  });

  it.each([-1, 0.5, Number.NaN, "soon", undefined])("refuses the delay %o", (delay) => {
    const create = (): unknown => new RetryAfterError(delay as Duration);

    expect(create).toThrow(
      expect.objectContaining({ code: "REVO_DURATION_INVALID", path: "delay" }),
    );
  });
});
