import { describe, expect, it } from "vitest";
import { RevoError } from "../../src/errors.ts";
import { openScheduler, ResizeImage, SendInvoice, type KitOptions } from "./scheduler-kit.ts";

describe("result of a handle", () => {
  it("is what the handler returned, noticed at once when this process ran the job", async () => {
    await using kit = await openScheduler();
    const handle = await kit.scheduler.enqueueJob(new ResizeImage());
    const result = handle.result();

    await kit.succeed({ width: 10, at: new Date(0) });

    expect(await result).toEqual({ width: 10, at: new Date(0) });
    expect(kit.calls).toEqual(["enqueue", "monitor.outcomes"]);
  });

  it("is noticed by polling when another process ran the job", async () => {
    await using kit = await openScheduler();
    const handle = await kit.scheduler.enqueueJob(new ResizeImage());
    const result = handle.result();
    const [job] = await kit.claim();
    await kit.settle(job!, { kind: "succeed", retainMs: 1_000, result: "7" });

    await kit.clock.advance(50);

    expect(await result).toBe(7);
  });

  it("asks for all who wait in one question, ever more seldom", async () => {
    await using kit = await openScheduler();
    const handles = await kit.scheduler.enqueueJobs([new ResizeImage(), new ResizeImage("b.png")]);
    kit.calls.length = 0;
    const results = Promise.allSettled(handles.map((handle) => handle.result({ timeout: "10 s" })));

    await kit.clock.advance(50);
    const afterFirst = kit.calls.length;
    await kit.clock.advance(9_949);
    const questions = kit.calls.length;
    await kit.clock.advance(1);

    expect(afterFirst).toBe(1);
    expect(questions).toBeGreaterThan(10);
    expect(questions).toBeLessThan(20);
    expect(kit.calls.every((call) => call === "monitor.outcomes")).toBe(true);
    expect(await results).toMatchObject([
      { reason: { code: "REVO_TIMEOUT" } },
      { reason: { code: "REVO_TIMEOUT" } },
    ]);
  });

  it("leaves no timer and no listener behind", async () => {
    await using kit = await openScheduler();
    const handle = await kit.scheduler.enqueueJob(new ResizeImage());
    const result = handle.result({ timeout: "1 h" });

    await kit.succeed({ width: 1 });
    await result;

    expect(kit.clock.pendingTimers).toBe(0);
    expect(kit.events.has("job.succeeded")).toBe(false);
  });

  it("is the error of a failed job, with the handler's error as cause", async () => {
    await using kit = await openScheduler();
    const handle = await kit.scheduler.enqueueJob(new ResizeImage());
    const result = handle.result().catch((error: unknown) => error);

    await kit.fail(new RangeError("too wide"));

    const error = await result;
    expect(error).toMatchObject({ code: "REVO_JOB_FAILED", cause: { message: "too wide" } });
    expect((error as Error).cause).toBeInstanceOf(RangeError);
  });

  it("rejects for a deleted job", async () => {
    await using kit = await openScheduler();
    const handle = await kit.scheduler.enqueueJob(new ResizeImage());
    const result = Promise.allSettled([handle.result()]);

    await kit.scheduler.deleteJob(handle);
    await kit.clock.advance(100);

    expect(await result).toMatchObject([{ reason: { code: "REVO_JOB_DELETED" } }]);
  });

  it.each<readonly [string, KitOptions, object]>([
    ["the type", { classes: [[ResizeImage, { retention: { succeeded: 0 } }]] }, {}],
    ["the enqueue", {}, { retention: { succeeded: 0 } }],
  ])("rejects at once when %s keeps no results", async (_what, options, enqueueOptions) => {
    await using kit = await openScheduler(options);
    const handle = await kit.scheduler.enqueueJob(new ResizeImage(), enqueueOptions);

    const result = handle.result();

    await expect(result).rejects.toMatchObject({ code: "REVO_RESULT_NOT_KEPT" });
    expect(kit.calls).toEqual(["enqueue"]);
  });

  it("rejects when the job is no longer kept", async () => {
    await using kit = await openScheduler();
    const handle = await kit.scheduler.enqueueJob(new ResizeImage());
    const [job] = await kit.claim();
    await kit.settle(job!, { kind: "succeed", retainMs: 0 });

    const result = Promise.allSettled([handle.result()]);
    await kit.clock.advance(15_000);

    expect(await result).toMatchObject([{ reason: { code: "REVO_JOB_NOT_FOUND" } }]);
  });

  it("rejects at once when this process itself ended a job that is not kept", async () => {
    await using kit = await openScheduler();
    const handle = await kit.scheduler.enqueueJob(new ResizeImage());
    const result = Promise.allSettled([handle.result()]);
    const [job] = await kit.claim();
    await kit.settle(job!, { kind: "succeed", retainMs: 0 });

    const { id: jobId, type, queue } = job!;
    const timing = { attempt: 1, serverId: "server", runMs: 1, waitedMs: 1 };
    kit.events.emit("job.succeeded", { jobId, type, queue, ...timing });

    expect(await result).toMatchObject([{ reason: { code: "REVO_JOB_NOT_FOUND" } }]);
  });

  it("is noticed at once by those who still wait when others have gone", async () => {
    await using kit = await openScheduler();
    const [first, second] = await kit.scheduler.enqueueJobs([new ResizeImage(), new ResizeImage()]);
    const waits = [first!.result(), second!.result()];
    await kit.succeed({ width: 1 });
    await waits[0];

    await kit.succeed({ width: 2 });

    expect(await waits[1]).toEqual({ width: 2 });
    expect(kit.clock.pendingTimers).toBe(0);
  });

  it("asks soon again for a newcomer to a job that has long been waited for", async () => {
    await using kit = await openScheduler();
    const handle = await kit.scheduler.enqueueJob(new ResizeImage());
    const early = handle.result();
    await kit.clock.advance(60_000);
    const late = handle.result();
    await kit.clock.advance(50);
    const [job] = await kit.claim();
    await kit.settle(job!, { kind: "succeed", retainMs: 1_000, result: "1" });

    await kit.clock.advance(100);

    expect(await Promise.all([early, late])).toEqual([1, 1]);
  });

  it("rejects with the reason of the caller's signal, before or during the wait", async () => {
    await using kit = await openScheduler();
    const handle = await kit.scheduler.enqueueJob(new ResizeImage());
    const controller = new AbortController();
    const waiting = Promise.allSettled([handle.result({ signal: controller.signal })]);

    controller.abort(new Error("enough"));

    expect(await waiting).toMatchObject([{ reason: { message: "enough" } }]);
    await expect(handle.result({ signal: controller.signal })).rejects.toThrow("enough");
    expect(kit.clock.pendingTimers).toBe(0);
  });

  it("outlives a storage that is out of reach for a while", async () => {
    let down = true;
    await using kit = await openScheduler({
      wrap: (storage) => ({
        monitor: {
          ...storage.monitor,
          outcomes: async (ids) => {
            if (down) throw new RevoError("REVO_STORAGE_UNAVAILABLE", "down");
            return await storage.monitor.outcomes(ids);
          },
        },
      }),
    });
    const handle = await kit.scheduler.enqueueJob(new ResizeImage());
    const result = handle.result();
    await kit.succeed({ width: 3 });
    await kit.clock.advance(5_000);

    down = false;
    await kit.clock.advance(1_000);

    expect(await result).toEqual({ width: 3 });
  });

  it("ends with REVO_CLOSED when Revo stops", async () => {
    await using kit = await openScheduler();
    const handle = await kit.scheduler.enqueueJob(new SendInvoice());
    const result = Promise.allSettled([handle.result()]);

    await kit.scheduler.close();

    expect(await result).toMatchObject([{ reason: { code: "REVO_CLOSED" } }]);
    expect(kit.clock.pendingTimers).toBe(0);
    await expect(handle.result()).rejects.toMatchObject({ code: "REVO_CLOSED" });
  });

  it.each([
    [{ timeout: "soon" }, "REVO_DURATION_INVALID"],
    [{ timeuot: 5 }, "REVO_OPTION_UNKNOWN"],
  ])("refuses the options %j", async (options, code) => {
    await using kit = await openScheduler();
    const handle = await kit.scheduler.enqueueJob(new SendInvoice());

    await expect(handle.result(options as object)).rejects.toMatchObject({ code });
  });
});

describe("waitForResult", () => {
  it("waits for a job by its id, without the handle of its enqueue", async () => {
    await using kit = await openScheduler();
    const { id } = await kit.scheduler.enqueueJob(new ResizeImage());
    const result = kit.scheduler.waitForResult<{ width: number }>(id);

    await kit.succeed({ width: 10 });

    expect((await result).width).toBe(10);
  });

  it("waits for the job that holds a key", async () => {
    await using kit = await openScheduler();
    await kit.scheduler.enqueueJob(new ResizeImage(), { uniqueKey: "logo" });
    const result = kit.scheduler.waitForResult({ key: "logo" });

    await kit.succeed({ width: 10 });

    expect(await result).toEqual({ width: 10 });
  });

  it("says so when nobody holds the key", async () => {
    await using kit = await openScheduler();

    const result = kit.scheduler.waitForResult({ key: "nobody" });

    await expect(result).rejects.toMatchObject({ code: "REVO_JOB_NOT_FOUND" });
  });
});
