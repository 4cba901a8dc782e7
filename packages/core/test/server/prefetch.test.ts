import { describe, expect, it } from "vitest";
import { Prefetch, prefetchTarget } from "../../src/server/prefetch.ts";

const fast = { concurrency: 10, most: 1_000, runMs: 0.1, roundTripMs: 1, before: 1_000 };

describe("prefetchTarget", () => {
  it("is nothing before the first run has ended", () => {
    expect(prefetchTarget({ ...fast, runMs: null })).toBe(0);
  });

  it("is what the slots finish in two round trips", () => {
    expect(prefetchTarget({ ...fast, runMs: 0.5, roundTripMs: 5 })).toBe(200);
  });

  it("is nothing while handlers take longer than 50 ms, however slow the storage", () => {
    expect(prefetchTarget({ ...fast, runMs: 50.1, roundTripMs: 10_000 })).toBe(0);
  });

  it("never exceeds its bound", () => {
    expect(prefetchTarget({ ...fast, runMs: 0.001 })).toBe(1_000);
    expect(prefetchTarget({ ...fast, most: 0 })).toBe(0);
  });

  it("grows at most by doubling, from twice the concurrency", () => {
    expect(prefetchTarget({ ...fast, before: 0 })).toBe(20);
    expect(prefetchTarget({ ...fast, before: 20 })).toBe(40);
    expect(prefetchTarget({ ...fast, before: 40 })).toBe(80);
  });

  it("is a finite integer for a handler and a storage that take no time", () => {
    const target = prefetchTarget({ ...fast, runMs: 0, roundTripMs: 0 });

    expect(Number.isInteger(target)).toBe(true);
  });
});

describe("Prefetch", () => {
  it("falls to nothing as soon as handlers turn out to be slow", () => {
    const prefetch = new Prefetch(10, 1_000);
    for (let i = 0; i < 20; i++) {
      prefetch.observeRun(0.01);
      prefetch.observeRoundTrip(1);
    }
    const before = prefetch.target;

    prefetch.observeRun(1_000);
    prefetch.observeRoundTrip(1);

    expect(before).toBe(1_000);
    expect(prefetch.target).toBe(0);
  });

  it("falls to nothing when slots stand still, before any slow run has ended", () => {
    const prefetch = new Prefetch(10, 1_000);
    for (let i = 0; i < 20; i++) {
      prefetch.observeRun(0.01);
      prefetch.observeRoundTrip(1);
    }

    prefetch.observeStall(2_000);
    const atOnce = prefetch.target;
    prefetch.observeRoundTrip(1);

    expect([atOnce, prefetch.target]).toEqual([0, 0]);
  });

  it("comes back when handlers are fast again", () => {
    const prefetch = new Prefetch(10, 1_000);
    prefetch.observeStall(2_000);

    for (let i = 0; i < 50; i++) prefetch.observeRun(0.01);
    prefetch.observeRoundTrip(1);

    expect(prefetch.target).toBeGreaterThan(0);
  });

  it("tells the average round trip, and none before the first", () => {
    const prefetch = new Prefetch(10, 1_000);
    const before = prefetch.roundTripMs;

    prefetch.observeRoundTrip(10);
    prefetch.observeRoundTrip(20);

    expect(before).toBeNull();
    expect(prefetch.roundTripMs).toBe(12);
  });
});
