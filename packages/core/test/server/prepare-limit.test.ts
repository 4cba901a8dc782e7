import { describe, expect, it } from "vitest";
import { defineJob, job } from "../../src/handlers/define-job.ts";
import { Cluster } from "./cluster.ts";

describe("a schema that never ends", () => {
  it("keeps its slot for thirty seconds, then the attempt fails and others run", async () => {
    await using cluster = await Cluster.open();
    let hangs = false;
    const slow = defineJob({
      name: "slow",
      payload: {
        "~standard": {
          version: 1,
          vendor: "test",
          validate: (value: unknown) =>
            hangs ? new Promise<never>(() => {}) : Promise.resolve({ value }),
        },
      },
      options: { maxAttempts: 1 },
      handle: () => {},
    });
    const quick = job("quick", (_payload: { readonly n: number }) => {});
    const { revo } = await cluster.start({
      jobs: (jobs) => jobs.add(slow).add(quick).server({ concurrency: 1, signals: false }),
    });
    await revo.scheduler.pauseQueue("default", { reason: "to enqueue before it hangs" });
    const first = await revo.scheduler.enqueueJob(slow, {});
    const second = await revo.scheduler.enqueueJob(quick, { n: 1 });
    hangs = true;
    await revo.scheduler.resumeQueue("default");

    await cluster.advance(31_000);

    const [slowRecord, quickRecord] = await cluster.memory.monitor.get([first.id, second.id]);
    expect(slowRecord).toMatchObject({ state: "failed", attempt: 1 });
    expect(quickRecord?.state).toBe("succeeded");
  });
});
