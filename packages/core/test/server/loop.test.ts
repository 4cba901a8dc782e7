import { describe, expect, it } from "vitest";
import { EventHub } from "../../src/events/event-hub.ts";
import { Loop } from "../../src/server/loop.ts";
import { ManualClock } from "../../src/support/manual-clock.ts";
import { SeededRandom } from "../support/seeded-random.ts";

interface Kit {
  readonly loop: Loop;
  readonly clock: ManualClock;
  readonly events: EventHub;
  /** When each step began, by the monotonic clock. */
  readonly steps: number[];
}

function aLoop(step: (call: number) => Promise<number> | number): Kit {
  const clock = new ManualClock();
  const events = new EventHub();
  const steps: number[] = [];
  const loop = new Loop({
    name: "probe",
    clock,
    random: new SeededRandom(1),
    events,
    step: async () => {
      steps.push(clock.monotonicMs());
      return await step(steps.length);
    },
  });
  return { loop, clock, events, steps };
}

/** A promise and what resolves it. */
function gate(): { readonly promise: Promise<void>; readonly open: () => void } {
  const resolvers: (() => void)[] = [];
  const promise = new Promise<void>((resolve) => resolvers.push(resolve));
  return { promise, open: () => resolvers.forEach((resolve) => resolve()) };
}

describe("Loop", () => {
  it("does its step again after as long as the step said", async () => {
    const { loop, clock, steps } = aLoop((call) => call * 100);
    loop.start(50);

    await clock.advance(1_000);

    expect(steps).toEqual([50, 150, 350, 650]);
    await loop.stop();
  });

  it("waits for a wake after a step that said `Infinity`", async () => {
    const { loop, clock, steps } = aLoop(() => Number.POSITIVE_INFINITY);
    loop.start();
    await clock.advance(10_000);

    loop.wake();
    await clock.advance(10_000);

    expect(steps).toEqual([0, 10_000]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("comes at once when it is woken before its time", async () => {
    const { loop, clock, steps } = aLoop(() => 1_000);
    loop.start();
    await clock.advance(400);

    loop.wake();
    await clock.advance(1_000);

    expect(steps).toEqual([0, 400, 1_400]);
    await loop.stop();
  });

  it("never overlaps: a wake during a step makes the next one follow at once", async () => {
    const { promise, open } = gate();
    let running = 0;
    let most = 0;
    const { loop, clock, steps } = aLoop(async (call) => {
      most = Math.max(most, (running += 1));
      if (call === 1) await promise;
      running -= 1;
      return 1_000;
    });
    loop.start();
    await clock.advance(100);
    loop.wake();
    loop.wake();
    await clock.advance(100);

    open();
    await clock.advance(10);

    expect(steps).toEqual([0, 200]);
    expect(most).toBe(1);
    await loop.stop();
  });

  it("tries a failing step again for ever, ever later, and tells of each failure", async () => {
    const { loop, clock, events, steps } = aLoop(() => {
      throw new Error("storage away");
    });
    const retries: number[] = [];
    events.on("loop.failed", ({ loop: name, error, retryInMs }) => {
      expect([name, (error as Error).message]).toEqual(["probe", "storage away"]);
      retries.push(retryInMs);
    });
    loop.start();

    await clock.advance(3_600_000);

    expect(steps.length).toBeGreaterThan(700);
    expect(retries).toHaveLength(steps.length);
    expect(Math.max(...retries.slice(0, 3))).toBeLessThanOrEqual(400);
    expect(Math.max(...retries)).toBeLessThanOrEqual(5_000);
    await loop.stop();
  });

  it("goes on as before after failures, and says that it works again", async () => {
    const { loop, clock, events, steps } = aLoop((call) => {
      if (call === 2 || call === 3) throw new Error("away for a moment");
      return 60_000;
    });
    const recovered: unknown[] = [];
    events.on("loop.recovered", (event) => recovered.push(event));
    loop.start();
    await clock.advance(60_000);
    const during = loop.health().failures;

    await clock.advance(59_000);

    expect(during).toBe(1);
    expect(steps).toHaveLength(4);
    expect(recovered).toEqual([{ loop: "probe", failures: 2 }]);
    expect(loop.health().failures).toBe(0);
    await loop.stop();
  });

  it("does not lose its pace to a listener that throws", async () => {
    const { loop, clock, events, steps } = aLoop(() => {
      throw new Error("away");
    });
    events.on("loop.failed", () => {
      throw new Error("and the listener, too");
    });
    loop.start();

    await clock.advance(60_000);

    expect(steps.length).toBeGreaterThan(10);
    await loop.stop();
  });

  it("does not turn a wake during a failing step into a hurry", async () => {
    const kit = aLoop((call) => {
      kit.loop.wake();
      if (call <= 3) throw new Error("away");
      return Number.POSITIVE_INFINITY;
    });
    const retries: number[] = [];
    kit.events.on("loop.failed", ({ retryInMs }) => retries.push(retryInMs));
    kit.loop.start();

    await kit.clock.advance(300);

    for (const [index, retryInMs] of retries.entries()) {
      expect((kit.steps[index + 1] ?? 300) - (kit.steps[index] ?? 0)).toBeGreaterThanOrEqual(
        Math.min(retryInMs, 300 - (kit.steps[index] ?? 0)),
      );
    }
    await kit.loop.stop();
  });

  it("keeps an earlier time when it is asked to come within a longer one", async () => {
    const { loop, clock, steps } = aLoop(() => Number.POSITIVE_INFINITY);
    loop.start(100);

    loop.wakeIn(500);
    await clock.advance(99);
    const before = [...steps];
    await clock.advance(1);
    loop.wakeIn(500);
    await clock.advance(500);

    expect([before, steps]).toEqual([[], [100, 600]]);
  });

  it("ends with the step under way, and does none afterwards", async () => {
    const { promise, open } = gate();
    const { loop, clock, steps } = aLoop(async () => {
      await promise;
      return 10;
    });
    let hasStopped = false;
    loop.start();
    await clock.advance(1);

    const stopping = loop.stop().then(() => (hasStopped = true));
    loop.wake();
    await clock.advance(100);
    const before = hasStopped;
    open();
    await stopping;
    loop.wake();
    await clock.advance(1_000);

    expect([before, steps]).toEqual([false, [0]]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("tells when it last did its step, and how late it came", async () => {
    const { loop, clock } = aLoop(() => 1_000);
    const never = loop.health();
    loop.start();
    await clock.advance(300);

    expect(never).toEqual({ name: "probe", lastOkAgoMs: null, failures: 0 });
    expect(loop.health()).toEqual({ name: "probe", lastOkAgoMs: 300, failures: 0 });
    expect(loop.lagMs).toBe(0);
    await loop.stop();
  });
});
