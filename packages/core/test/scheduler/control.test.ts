import { describe, expect, it } from "vitest";
import { openScheduler, ResizeImage, SendInvoice } from "./scheduler-kit.ts";

describe("deleteJob", () => {
  it.each([
    ["its id", (id: string) => id],
    ["its handle", (id: string) => ({ id })],
    ["its key", () => ({ key: "invoice" })],
  ])("deletes a waiting job by %s, and frees its key", async (_what, referenceOf) => {
    await using kit = await openScheduler();
    const { id } = await kit.scheduler.enqueueJob(new SendInvoice(), { uniqueKey: "invoice" });

    const deleted = await kit.scheduler.deleteJob(referenceOf(id));

    expect(deleted).toBe(true);
    expect(await kit.claim()).toEqual([]);
    expect(await kit.scheduler.getJob(id)).toMatchObject({ state: "deleted" });
    expect(await kit.scheduler.getJob({ key: "invoice" })).toBeNull();
  });

  it("deletes a scheduled job and a failed one", async () => {
    await using kit = await openScheduler();
    const failed = await kit.scheduler.enqueueJob(new SendInvoice());
    await kit.fail();
    const scheduled = await kit.scheduler.enqueueJob(new SendInvoice(), { delay: "1 h" });

    expect(await kit.scheduler.deleteJob(failed)).toBe(true);
    expect(await kit.scheduler.deleteJob(scheduled)).toBe(true);
    expect(await kit.scheduler.getJob(failed)).toMatchObject({ state: "deleted" });
    expect(await kit.scheduler.getJob(scheduled)).toMatchObject({ state: "deleted" });
  });

  it("leaves a succeeded job and its retained key alone", async () => {
    await using kit = await openScheduler();
    const uniqueKey = { key: "invoice", scope: "retained" } as const;
    const { id } = await kit.scheduler.enqueueJob(new SendInvoice(), { uniqueKey });
    await kit.succeed();

    const deleted = await kit.scheduler.deleteJob({ key: "invoice" });

    expect(deleted).toBe(false);
    expect(await kit.scheduler.getJob({ key: "invoice" })).toMatchObject({
      id,
      state: "succeeded",
    });
  });

  it("may be repeated by id", async () => {
    await using kit = await openScheduler();
    const handle = await kit.scheduler.enqueueJob(new SendInvoice());
    await kit.scheduler.deleteJob(handle);

    const again = await kit.scheduler.deleteJob(handle);

    expect(again).toBe(true);
  });

  it("acts only from the states that the caller names", async () => {
    await using kit = await openScheduler();
    const handle = await kit.scheduler.enqueueJob(new SendInvoice());

    const deleted = await kit.scheduler.deleteJob(handle, { from: ["scheduled"] });

    expect(deleted).toBe(false);
    expect(await kit.scheduler.getJob(handle)).toMatchObject({ state: "enqueued" });
  });

  it("writes down who did it and why", async () => {
    await using kit = await openScheduler();
    const byDefault = await kit.scheduler.enqueueJob(new SendInvoice());
    const byAda = await kit.scheduler.enqueueJob(new SendInvoice());

    await kit.scheduler.deleteJob(byDefault);
    await kit.scheduler.deleteJob(byAda, { actor: "ada", reason: "sent twice" });

    const [first, second] = await Promise.all(
      [byDefault, byAda].map((job) => kit.scheduler.getJob(job)),
    );
    expect(first?.history).toMatchObject([{ actor: "application", reason: "requested" }]);
    expect(second?.history).toMatchObject([{ actor: "ada", reason: "sent twice", to: "deleted" }]);
  });
});

describe("requeueJob", () => {
  it("gives a failed job all its attempts again", async () => {
    await using kit = await openScheduler();
    const handle = await kit.scheduler.enqueueJob(new SendInvoice());
    await kit.fail();

    await kit.scheduler.requeueJob(handle);

    const [job] = await kit.claim();
    expect(job).toMatchObject({ id: handle.id, attempt: 1 });
  });

  it("keeps count of the attempts where the caller wants that", async () => {
    await using kit = await openScheduler();
    const handle = await kit.scheduler.enqueueJob(new SendInvoice());
    await kit.fail();

    await kit.scheduler.requeueJob(handle, { resetAttempts: false });

    const [job] = await kit.claim();
    expect(job?.attempt).toBe(2);
  });

  it("does not run a job twice when it is called twice with a guard", async () => {
    await using kit = await openScheduler();
    const handle = await kit.scheduler.enqueueJob(new SendInvoice());
    await kit.fail();
    await kit.scheduler.requeueJob(handle, { from: ["failed"] });
    await kit.succeed();

    const again = kit.scheduler.requeueJob(handle, { from: ["failed"] });

    await expect(again).rejects.toMatchObject({ code: "REVO_JOB_STATE_CONFLICT" });
  });

  it("is refused while another job holds the unique key", async () => {
    await using kit = await openScheduler();
    const first = await kit.scheduler.enqueueJob(new SendInvoice(), { uniqueKey: "invoice" });
    await kit.fail();
    await kit.scheduler.enqueueJob(new SendInvoice(), { uniqueKey: "invoice" });

    const requeue = kit.scheduler.requeueJob(first);

    await expect(requeue).rejects.toMatchObject({ code: "REVO_JOB_DUPLICATE" });
    expect(await kit.scheduler.getJob(first)).toMatchObject({ state: "failed" });
  });
});

describe("runNow and reschedule", () => {
  it("runs a scheduled job now", async () => {
    await using kit = await openScheduler();
    const handle = await kit.scheduler.enqueueJob(new SendInvoice(), { delay: "1 h" });

    await kit.scheduler.runNow(handle);

    expect(await kit.claim()).toMatchObject([{ id: handle.id, attempt: 1 }]);
  });

  it("takes an enqueued job as run already, and no other", async () => {
    await using kit = await openScheduler();
    const handle = await kit.scheduler.enqueueJob(new SendInvoice());

    await kit.scheduler.runNow(handle);
    await kit.claim();
    const running = kit.scheduler.runNow(handle);

    await expect(running).rejects.toMatchObject({ code: "REVO_JOB_STATE_CONFLICT" });
  });

  it.each([
    ["an instant", "2027-02-01T00:00:00Z", new Date("2027-02-01T00:00:00Z")],
    ["a delay", { delay: "1 h" } as const, new Date("2027-01-01T01:00:00Z")],
  ])("gives a job another time by %s", async (_what, at, dueAt) => {
    await using kit = await openScheduler();
    const handle = await kit.scheduler.enqueueJob(new SendInvoice());

    await kit.scheduler.reschedule(handle, at);

    expect(await kit.scheduler.getJob(handle)).toMatchObject({ state: "scheduled", dueAt });
  });

  it("refuses a time that is none before it asks the storage", async () => {
    await using kit = await openScheduler();

    const attempt = kit.scheduler.reschedule({ key: "k" }, { delay: -1 });

    await expect(attempt).rejects.toMatchObject({
      code: "REVO_DURATION_INVALID",
      path: "at.delay",
    });
    expect(kit.calls).toEqual([]);
  });
});

describe("updateJob", () => {
  it("changes payload, queue and priority, and keeps the rest", async () => {
    await using kit = await openScheduler();
    const options = { uniqueKey: "invoice", headers: { trace: "t" }, timeout: "5 s", tags: ["a"] };
    const handle = await kit.scheduler.enqueueJob(new SendInvoice("1"), options as object);

    await kit.scheduler.updateJob(handle, {
      payload: new SendInvoice("2"),
      queue: "critical",
      priority: 0,
    });

    expect(await kit.scheduler.getJob(handle)).toMatchObject({
      payload: { invoiceId: "2" },
      queue: "critical",
      priority: 0,
      key: "invoice",
      headers: { trace: "t" },
      tags: ["a"],
    });
    const [job] = await kit.claim();
    expect(JSON.parse(job!.envelope)).toMatchObject({ t: 5_000 });
  });

  it("refuses a job that is processing", async () => {
    await using kit = await openScheduler();
    const handle = await kit.scheduler.enqueueJob(new SendInvoice());
    await kit.claim();

    for (const update of [{ priority: 1 }, { payload: { invoiceId: "2" } }]) {
      const attempt = kit.scheduler.updateJob(handle, update);
      await expect(attempt).rejects.toMatchObject({ code: "REVO_JOB_STATE_CONFLICT" });
    }
  });

  it.each([
    [{}, "REVO_ARGUMENT_INVALID", "update"],
    [{ prio: 1 }, "REVO_OPTION_UNKNOWN", "update.prio"],
    [{ priority: 10 }, "REVO_ARGUMENT_INVALID", "update.priority"],
    [{ queue: "Mail" }, "REVO_NAME_INVALID", "update.queue"],
  ])("refuses the update %j before it asks the storage", async (update: object, code, path) => {
    await using kit = await openScheduler();

    const attempt = kit.scheduler.updateJob({ key: "k" }, update);

    await expect(attempt).rejects.toMatchObject({ code, path });
    expect(kit.calls).toEqual([]);
  });
});

describe("pauseQueue and resumeQueue", () => {
  it("stop and start the claims of one queue", async () => {
    await using kit = await openScheduler();
    await kit.scheduler.enqueueJob(new SendInvoice());
    await kit.scheduler.enqueueJob(new ResizeImage(), { queue: "mail" });

    await kit.scheduler.pauseQueue("default", { reason: "maintenance" });
    const paused = await kit.claim(10);
    await kit.scheduler.resumeQueue("default");
    const resumed = await kit.claim(10);

    expect(paused.map(({ type }) => type)).toEqual(["resize-image"]);
    expect(resumed.map(({ type }) => type)).toEqual(["send-invoice"]);
  });

  it("ends by itself after its time", async () => {
    await using kit = await openScheduler();
    await kit.scheduler.enqueueJob(new SendInvoice());
    await kit.scheduler.pauseQueue("default", { reason: "maintenance", for: "1 min" });

    await kit.clock.advance(60_000);

    expect(await kit.claim()).toHaveLength(1);
  });

  it.each([
    ["Default", { reason: "x" }, "REVO_NAME_INVALID"],
    ["default", { reason: "" }, "REVO_ARGUMENT_INVALID"],
    ["default", {}, "REVO_ARGUMENT_INVALID"],
    ["default", { reason: "x", for: 0 }, "REVO_DURATION_INVALID"],
    ["default", { reason: "x", until: 5 }, "REVO_OPTION_UNKNOWN"],
    ["default", { reason: "x", actor: "\ud800" }, "REVO_ARGUMENT_INVALID"],
  ])("refuse %s with %j before they ask the storage", async (queue, options, code) => {
    await using kit = await openScheduler();

    const attempt = kit.scheduler.pauseQueue(queue, options as never);

    await expect(attempt).rejects.toMatchObject({ code });
    expect(kit.calls).toEqual([]);
  });
});
