import { describe, expect, it } from "vitest";
import { MemoryJobStorage } from "../../../memory/src/index.ts";
import { RevoConfiguration } from "../../src/configuration/revo-configuration.ts";
import type { Revo } from "../../src/configuration/revo.ts";
import { job } from "../../src/handlers/define-job.ts";
import { silentLogger } from "../../src/support/logger.ts";

const greet = job("greet", async ({ name }: { readonly name: string }) => name.length);

/** A storage in which a job waits, as a durable one has them at a start. */
async function storageWithAJob(): Promise<MemoryJobStorage> {
  const storage = new MemoryJobStorage();
  await using producer = await new RevoConfiguration()
    .useJobs(
      () => storage,
      (jobs) => jobs.declare(greet).producerOnly(),
    )
    .start();
  await producer.scheduler.enqueueJob(greet, { name: "Ada" });
  return storage;
}

/** A section whose start takes some turns of the event loop. */
class SlowSection {
  static order: string[] = [];

  async start(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    SlowSection.order.push("section started");
  }
}

describe("the start", () => {
  it("lets no job run before whoever awaits it has its Revo and its listeners", async () => {
    const storage = await storageWithAJob();
    const heard: string[] = [];
    let revo: Revo | null = null;
    const ran = new Promise<Revo | null>((resolve) => {
      void new RevoConfiguration()
        .useLogger(silentLogger)
        .useJobs(
          () => storage,
          (jobs) => jobs.add(greet, () => (resolve(revo), 0)).server({ signals: false }),
        )
        .start()
        .then((started) => {
          revo = started;
          started.events.on("job.started", ({ type }) => heard.push(type));
        });
    });

    const known = await ran;

    expect(known).not.toBeNull();
    expect(heard).toEqual(["greet"]);
    await known?.stop();
  });

  it("lets no job run before every section has started", async () => {
    const storage = await storageWithAJob();
    SlowSection.order = [];
    let ended: (() => void) | null = null;
    const ran = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const configuration = new RevoConfiguration().useLogger(silentLogger).useJobs(
      () => storage,
      (jobs) =>
        jobs
          .add(greet, () => {
            SlowSection.order.push("job ran");
            ended?.();
            return 0;
          })
          .server({ signals: false }),
    );
    configuration.getSection(SlowSection);

    await using _revo = await configuration.start();
    await ran;

    expect(SlowSection.order).toEqual(["section started", "job ran"]);
  });
});

describe("a start that failed", () => {
  it("can be repeated with the same configuration, once the storage is there", async () => {
    const double = job("double", ({ n }: { readonly n: number }) => n * 2);
    let isThere = false;
    const configuration = new RevoConfiguration().useLogger(silentLogger).useJobs(
      async () => {
        const storage = new MemoryJobStorage();
        if (!isThere) storage.open = () => Promise.reject(new Error("not reachable yet"));
        return storage;
      },
      (jobs) => jobs.add(double).server({ signals: false }),
    );
    await expect(configuration.start()).rejects.toThrowError("not reachable yet");
    isThere = true;

    await using revo = await configuration.start();
    const handle = await revo.scheduler.enqueueJob(double, { n: 21 });

    expect(await handle.result({ timeout: "30 s" })).toBe(42);
    await expect(configuration.start()).rejects.toMatchObject({ code: "REVO_ARGUMENT_INVALID" });
  });
});
