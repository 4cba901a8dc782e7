import {
  type IStorageHarness,
  jobStorageCases,
  runCase,
  type StorageUnderTest,
} from "@revojs/conformance";
import { type IClock, type ITimer, SystemClock } from "@revojs/core";
import { MemoryJobStorage } from "@revojs/memory";
import { describe, expect, it } from "vitest";
import { overridden } from "./mutants/mutant.ts";

/** A clock like that of a database server: it runs with this process's, as far from it as it is set. */
class ServerClock implements IClock {
  readonly #machine = new SystemClock();
  offsetMs = 0;

  nowMs(): number {
    return this.#machine.nowMs() + this.offsetMs;
  }

  monotonicMs(): number {
    return this.#machine.monotonicMs() + this.offsetMs;
  }

  schedule(delayMs: number, callback: () => void): ITimer {
    return this.#machine.schedule(delayMs, callback, false);
  }
}

/** A storage that goes by its server's clock, but for due times, which it reckons from the clock of this process. */
const clientClocked: IStorageHarness = {
  name: "due times by the client's clock",
  async create(): Promise<StorageUnderTest> {
    const clock = new ServerClock();
    const machine = new SystemClock();
    const storage = new MemoryJobStorage({ clock });
    const advance = async (byMs: number): Promise<void> => void (clock.offsetMs += byMs);
    return {
      storage: overridden(storage, {
        enqueue: ({ jobs, ...rest }) =>
          storage.enqueue({
            ...rest,
            jobs: jobs.map((job) =>
              job.start.kind === "delay"
                ? {
                    ...job,
                    start: { kind: "at", runAt: new Date(machine.nowMs() + job.start.delayMs) },
                  }
                : job,
            ),
          }),
      }),
      slackMs: 5_000,
      setBack: (byMs) => advance(-byMs),
      advance,
      dispose: async () => storage.reset(),
    };
  },
};

describe("a storage that reads the clock of this process where it must not", () => {
  const testCase = jobStorageCases.find(({ id }) => id === "start/delay-not-early");

  it.each([-3_600_000, 3_600_000])(
    "is found when its server's clock is set so that this one is %d ms ahead",
    async (workerClockSkewMs) => {
      if (testCase === undefined) throw new Error("There is no such case");

      const run = runCase(testCase, clientClocked, { workerClockSkewMs });

      await expect(run).rejects.toThrow();
    },
  );

  it("is not found while both clocks agree", async () => {
    if (testCase === undefined) throw new Error("There is no such case");

    const outcome = await runCase(testCase, clientClocked, { workerClockSkewMs: 0 });

    expect(outcome).toEqual({ kind: "passed" });
  });
});
