import { describe, expect, it } from "vitest";
import { reconnectDelayMs } from "../../src/server/backoff.ts";

const almostOne = 1 - Number.EPSILON;

describe("reconnectDelayMs", () => {
  it("doubles from 100 ms and stops growing at 5 s", () => {
    const longest = [1, 2, 3, 4, 5, 6, 7, 8].map((failures) =>
      reconnectDelayMs(failures, almostOne),
    );

    expect(longest).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  });

  it("stays at 5 s however often it fails", () => {
    expect(reconnectDelayMs(1e9, almostOne)).toBe(5_000);
  });

  it("uses the whole width for jitter, down to 10 ms", () => {
    expect(reconnectDelayMs(7, 0.5)).toBe(2_500);
    expect(reconnectDelayMs(7, 0)).toBe(10);
  });
});
