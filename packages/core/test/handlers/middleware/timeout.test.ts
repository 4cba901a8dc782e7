import { describe, expect, it } from "vitest";
import { RevoError } from "../../../src/errors.ts";
import { timeout } from "../../../src/handlers/middleware/timeout.ts";
import { ManualClock } from "../../../src/support/manual-clock.ts";
import { refusalOf } from "../../job/thrown-by.ts";
import { aContext } from "../contexts.ts";

/** Runs `work` within a limit of 1 s and a kill grace of 500 ms. */
function limited(work: (signal: AbortSignal) => Promise<unknown>): {
  readonly clock: ManualClock;
  readonly signal: AbortSignal;
  readonly run: Promise<unknown>;
} {
  const clock = new ManualClock();
  const context = aContext();
  const middleware = timeout("1 s", { killGrace: "500 ms", clock });
  const run = middleware(context, async () => await work(context.signal));
  run.catch(() => {});
  return { clock, signal: context.signal, run };
}

const never = (): Promise<never> => new Promise(() => {});

describe("timeout", () => {
  it("lets through what ends in time, and leaves no timer behind", async () => {
    const { clock, signal, run } = limited(async () => "done");

    const result = await run;
    const pending = clock.pendingTimers;
    await clock.advance(10_000);

    expect([result, pending, signal.aborted]).toEqual(["done", 0, false]);
  });

  it("fires the signal at the limit, with the reason", async () => {
    const { clock, signal } = limited(never);

    await clock.advance(999);
    const before = signal.aborted;
    await clock.advance(1);

    expect([before, signal.aborted]).toEqual([false, true]);
    expect(signal.reason).toMatchObject({ code: "REVO_TIMEOUT" });
    expect((signal.reason as Error).message).toBe(
      'Command "probe" ran longer than its timeout of 1000 ms',
    );
  });

  it("lets a handler end by itself within the kill grace", async () => {
    const { clock, run } = limited(async (signal) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return "tidied up";
    });

    await clock.advance(1_000);

    expect(await run).toBe("tidied up");
    expect(clock.pendingTimers).toBe(0);
  });

  it("gives a handler up that goes on after the kill grace", async () => {
    const { clock, run } = limited(never);

    await clock.advance(1_500);

    await expect(run).rejects.toMatchObject({ code: "REVO_TIMEOUT" });
  });

  it("takes no notice of what a handler does after it was given up", async () => {
    const fails: ((error: Error) => void)[] = [];
    const { clock, run } = limited(() => new Promise((_resolve, reject) => fails.push(reject)));
    await clock.advance(1_500);

    for (const fail of fails) fail(new Error("much later"));

    await expect(run).rejects.toBeInstanceOf(RevoError);
  });

  it("passes on what the handler throws", async () => {
    const { clock, run } = limited(async () => {
      throw new Error("broken");
    });

    await expect(run).rejects.toThrow("broken");
    expect(clock.pendingTimers).toBe(0);
  });

  it("refuses an option that it does not have", () => {
    const options = { killgrace: "1 s" } as object;

    expect(() => timeout("1 s", options)).toThrow("did you mean `killGrace`?");
  });

  // Row 20.
  it.each([0, -1, 1.5, "soon", Number.NaN])("refuses a limit of %s", (limit) => {
    expect(refusalOf(() => timeout(limit as number))).toBe("REVO_DURATION_INVALID limit");
  });
});
