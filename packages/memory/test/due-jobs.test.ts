import { ManualClock } from "@revojs/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryJobStorage } from "../src/memory-job-storage.ts";
import { aJob, aServer, claim, idOf } from "./builders.ts";

const START_MS = Date.UTC(2027, 0, 1);

describe("due jobs", () => {
  it("all run when a thousand are due at the same instant", async () => {
    const clock = new ManualClock(START_MS);
    const storage = new MemoryJobStorage({ clock });
    await storage.open();
    await aServer(storage);
    const runAt = new Date(START_MS + 60_000);
    const jobs = Array.from({ length: 1000 }, () => aJob({ start: { kind: "at", runAt } }));
    await storage.enqueue({ jobs });

    await clock.advance(60_000);
    const claimed = await claim(storage, "1");

    expect(claimed.map((job) => job.id)).toEqual(jobs.map((job) => job.id));
  });

  it("run once each, none before its time, whatever the times and whatever is put off meanwhile", async () => {
    const delays = fc.array(fc.record({ delayMs: fc.nat(5), putOffMs: fc.option(fc.nat(5)) }), {
      maxLength: 60,
    });
    await fc.assert(
      fc.asyncProperty(delays, async (plan) => {
        const clock = new ManualClock(START_MS);
        const storage = new MemoryJobStorage({ clock });
        await storage.open();
        await aServer(storage);
        const dueInMs = new Map<string, number>();
        for (const [number, { delayMs, putOffMs }] of plan.entries()) {
          const id = idOf(number);
          await storage.enqueue({ jobs: [aJob({ id, start: { kind: "delay", delayMs } })] });
          if (putOffMs !== null) {
            const start = { kind: "delay", delayMs: putOffMs } as const;
            await storage.control.reschedule({ ids: [id], actor: "a", reason: "r", start });
          }
          dueInMs.set(id, putOffMs ?? delayMs);
        }

        const ranInMs = new Map<string, number>();
        for (let ms = 0; ms <= 5; ms++) {
          for (const { id } of await claim(storage, String(ms + 1))) {
            expect(ranInMs.has(id)).toBe(false);
            ranInMs.set(id, ms);
          }
          await clock.advance(1);
        }

        expect(ranInMs).toEqual(dueInMs);
      }),
      { numRuns: 50 },
    );
  });

  it("waits a hundred years without an early promotion", async () => {
    const clock = new ManualClock(START_MS);
    const storage = new MemoryJobStorage({ clock });
    await storage.open();
    await aServer(storage);
    const runAt = new Date(Date.UTC(2127, 0, 1));
    await storage.enqueue({ jobs: [aJob({ start: { kind: "at", runAt } })] });

    await clock.advance(runAt.getTime() - START_MS - 1);
    const before = await claim(storage, "1");
    await clock.advance(1);
    const after = await claim(storage, "2");

    expect([before.length, after.length]).toEqual([0, 1]);
  });
});
