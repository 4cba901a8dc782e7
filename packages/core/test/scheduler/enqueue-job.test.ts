import { describe, expect, it } from "vitest";
import { makeJobType } from "../../src/configuration/job-type-factory.ts";
import { RevoError } from "../../src/errors.ts";
import type { RevoEvents } from "../../src/events/job-events.ts";
import { defineJob } from "../../src/handlers/define-job.ts";
import { defaultTypeOptions } from "../../src/job/job-options.ts";
import type { StandardSchemaV1 } from "../../src/job/standard-schema.ts";
import type { EnqueueRequest } from "../../src/storage/enqueue.ts";
import { openScheduler, ResizeImage, SendInvoice } from "./scheduler-kit.ts";

const outcomeUnknown = (): RevoError =>
  new RevoError("REVO_STORAGE_OUTCOME_UNKNOWN", "the connection broke");

describe("enqueueJob", () => {
  it("stores a job under its type, with its own fields as payload", async () => {
    await using kit = await openScheduler();

    const handle = await kit.scheduler.enqueueJob(new SendInvoice("42"));

    const job = await kit.scheduler.getJob(handle);
    expect(handle.created).toBe(true);
    expect(job).toMatchObject({
      id: handle.id,
      type: "send-invoice",
      state: "enqueued",
      payload: { invoiceId: "42" },
      queue: "default",
      priority: 5,
    });
  });

  it("lets the options of an enqueue override those of the type, and these the defaults", async () => {
    const type = { queue: "mail", priority: 2, maxAttempts: 3, tags: ["bulk"] };
    await using kit = await openScheduler({ classes: [[SendInvoice, type]] });

    const handle = await kit.scheduler.enqueueJob(new SendInvoice(), { priority: 0 });

    expect(await kit.scheduler.getJob(handle)).toMatchObject({
      queue: "mail",
      priority: 0,
      maxAttempts: 3,
      tags: ["bulk"],
    });
  });

  it("starts a delayed job only after its delay", async () => {
    await using kit = await openScheduler();
    await kit.scheduler.enqueueJob(new SendInvoice(), { delay: "5 min" });

    await kit.clock.advance(5 * 60_000 - 1);
    const before = await kit.claim();
    await kit.clock.advance(1);
    const after = await kit.claim();

    expect([before.length, after.length]).toEqual([0, 1]);
  });

  it.each([
    ["a Date", new Date("2027-01-01T08:00:00Z")],
    ["an ISO text", "2027-01-01T08:00:00Z"],
    ["an instant", { epochMilliseconds: Date.parse("2027-01-01T08:00:00Z") }],
  ])("schedules a job by %s", async (_what, at) => {
    await using kit = await openScheduler();

    const handle = await kit.scheduler.scheduleJob(new SendInvoice(), at);

    expect(await kit.scheduler.getJob(handle)).toMatchObject({
      state: "scheduled",
      dueAt: new Date("2027-01-01T08:00:00Z"),
    });
  });

  it("takes the time of scheduleJob from its argument only", async () => {
    await using kit = await openScheduler();

    const attempt = kit.scheduler.scheduleJob(new SendInvoice(), new Date(), {
      delay: 5,
    } as object);

    await expect(attempt).rejects.toMatchObject({ code: "REVO_ARGUMENT_INVALID", path: "delay" });
    expect(kit.calls).toEqual([]);
  });

  it.each([5, "x", null])("refuses %j as the options of scheduleJob", async (options) => {
    await using kit = await openScheduler();

    const attempt = kit.scheduler.scheduleJob(new SendInvoice(), new Date(), options as never);

    await expect(attempt).rejects.toMatchObject({ code: "REVO_ARGUMENT_INVALID" });
    expect(kit.calls).toEqual([]);
  });

  it("takes a definition with its payload, and keeps the payload as given for the run to transform", async () => {
    await using kit = await openScheduler();
    const schema = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: (value) => Promise.resolve({ value: Number((value as { width: string }).width) }),
      },
    } satisfies StandardSchemaV1<{ width: string }, number>;
    const resize = defineJob({ name: "resize", payload: schema });
    const registration = { job: resize, handler: null, options: {}, declaredOnly: true };
    kit.registry.add(makeJobType(registration, defaultTypeOptions));

    const handle = await kit.scheduler.enqueueJob(resize, { width: "10" }, { priority: 1 });

    expect(await kit.scheduler.getJob(handle)).toMatchObject({
      type: "resize",
      payload: { width: "10" },
      priority: 1,
    });
  });

  it("sends the ambient context along, and lets the caller's headers win", async () => {
    const captured = { "revo.tenant": "acme", trace: "ambient" };
    await using kit = await openScheduler({ parts: { captureHeaders: () => captured } });

    const handle = await kit.scheduler.enqueueJob(new SendInvoice(), { headers: { trace: "own" } });

    const job = await kit.scheduler.getJob(handle);
    expect(job?.headers).toEqual({ "revo.tenant": "acme", trace: "own" });
  });

  it("sends what is enqueued in one turn as one batch, in order", async () => {
    await using kit = await openScheduler();
    const jobs = ["1", "2", "3", "4"].map((id) => new SendInvoice(id));

    await Promise.all(jobs.map((job) => kit.scheduler.enqueueJob(job)));

    const claimed = await kit.claim(10);
    expect(kit.calls).toEqual(["enqueue"]);
    expect(claimed.map(({ payload }) => payload)).toEqual(jobs.map((job) => JSON.stringify(job)));
  });

  it("shares many enqueues of one turn out among two batches, so that the storage works while the first answers are heard", async () => {
    const sizes: number[] = [];
    await using kit = await openScheduler({
      wrap: (storage) => ({
        enqueue: (request) => {
          sizes.push(request.jobs.length);
          return storage.enqueue(request);
        },
      }),
    });
    const jobs = Array.from({ length: 100 }, (_, i) => new SendInvoice(String(i)));

    await Promise.all(jobs.map((job) => kit.scheduler.enqueueJob(job)));

    const claimed = await kit.claim(100);
    expect(sizes).toEqual([50, 50]);
    expect(claimed.map(({ payload }) => payload)).toEqual(jobs.map((job) => JSON.stringify(job)));
  });

  it("gathers what comes while two batches are on their way", async () => {
    const sizes: number[] = [];
    const release: (() => void)[] = [];
    await using kit = await openScheduler({
      wrap: (storage) => ({
        enqueue: async (request) => {
          sizes.push(request.jobs.length);
          await new Promise<void>((resolve) => release.push(resolve));
          return await storage.enqueue(request);
        },
      }),
    });
    const enqueue = (): Promise<unknown> => kit.scheduler.enqueueJob(new SendInvoice());

    const all = [enqueue()];
    await turn();
    all.push(enqueue());
    await turn();
    all.push(enqueue(), enqueue(), enqueue());
    await turn();
    const onTheirWay = [...sizes];
    release.shift()?.();
    await turn();
    for (const resolve of release) resolve();
    await Promise.all(all);

    expect(onTheirWay).toEqual([1, 1]);
    expect(sizes).toEqual([1, 1, 3]);
  });

  it("repeats a batch of unknown outcome with the same ids, so that nothing is stored twice", async () => {
    const requests: EnqueueRequest[] = [];
    await using kit = await openScheduler({
      wrap: (storage) => ({
        enqueue: async (request) => {
          requests.push(request);
          const results = await storage.enqueue(request);
          if (requests.length === 1) throw outcomeUnknown();
          return results;
        },
      }),
    });

    const enqueue = kit.scheduler.enqueueJob(new SendInvoice());
    await kit.clock.advance(50);
    const handle = await enqueue;

    expect(handle.created).toBe(true);
    expect(requests.map(({ mayExist }) => mayExist)).toEqual([undefined, true]);
    expect(requests[1]?.jobs).toEqual(requests[0]?.jobs);
    expect(await kit.claim(10)).toHaveLength(1);
  });

  it("tells that the outcome is unknown when the repeats fail, too", async () => {
    let tries = 0;
    await using kit = await openScheduler({
      wrap: () => ({
        enqueue: () => {
          tries += 1;
          return Promise.reject(
            tries === 1 ? outcomeUnknown() : new RevoError("REVO_STORAGE_UNAVAILABLE", "down"),
          );
        },
      }),
    });

    const enqueue = kit.scheduler.enqueueJob(new SendInvoice());

    const [settled] = await Promise.all([Promise.allSettled([enqueue]), kit.clock.advance(1_000)]);
    expect(settled[0]).toMatchObject({ reason: { code: "REVO_STORAGE_OUTCOME_UNKNOWN" } });
    expect(tries).toBe(3);
  });

  it("knows its own job where a repeat is answered with the key that the first try took", async () => {
    let tries = 0;
    await using kit = await openScheduler({
      wrap: (storage) => ({
        enqueue: async (request) => {
          tries += 1;
          if (tries > 1) return request.jobs.map(({ id }) => ({ kind: "duplicate", jobId: id }));
          await storage.enqueue(request);
          throw outcomeUnknown();
        },
      }),
    });
    const uniqueKey = { key: "invoice", onConflict: "reject" } as const;

    const [handle] = await Promise.all([
      kit.scheduler.enqueueJob(new SendInvoice(), { uniqueKey }),
      kit.clock.advance(50),
    ]);

    expect(handle.created).toBe(true);
  });

  it("passes on that the storage is out of reach, without a repeat", async () => {
    await using kit = await openScheduler({
      wrap: () => ({
        enqueue: () => Promise.reject(new RevoError("REVO_STORAGE_UNAVAILABLE", "down")),
      }),
    });

    const enqueues = await Promise.allSettled(
      ["1", "2", "3"].map((id) => kit.scheduler.enqueueJob(new SendInvoice(id))),
    );

    expect(enqueues).toMatchObject(
      Array.from({ length: 3 }, () => ({ reason: { code: "REVO_STORAGE_UNAVAILABLE" } })),
    );
    expect(kit.calls).toEqual(["enqueue"]);
  });

  it("does not let one job that the storage chokes on take its neighbours with it", async () => {
    await using kit = await openScheduler({
      wrap: (storage) => ({
        enqueue: async (request) => {
          if (request.jobs.some(({ payload }) => payload.includes("poison"))) {
            throw new RevoError("REVO_INTERNAL", "choked");
          }
          return await storage.enqueue(request);
        },
      }),
    });

    const names = ["1", "2", "poison", "4", "5"];
    const settled = await Promise.allSettled(
      names.map((name) => kit.scheduler.enqueueJob(new SendInvoice(name))),
    );

    expect(settled.map(({ status }) => status)).toEqual(
      names.map((name) => (name === "poison" ? "rejected" : "fulfilled")),
    );
    expect(await kit.claim(10)).toHaveLength(4);
  });

  it("emits job.enqueued for what was created, and only for that", async () => {
    await using kit = await openScheduler();
    const heard: RevoEvents["job.enqueued"][] = [];
    kit.events.on("job.enqueued", (event) => heard.push(event));

    const { id } = await kit.scheduler.enqueueJob(new SendInvoice(), { uniqueKey: "k" });
    await kit.scheduler.enqueueJob(new SendInvoice(), { uniqueKey: "k" });

    expect(heard).toEqual([{ jobId: id, type: "send-invoice", queue: "default" }]);
  });

  it.each(["queue-full", "batch-sealed", "parent-unknown"] as const)(
    "is refused with the storage's reason: %s",
    async (reason) => {
      await using kit = await openScheduler({
        wrap: () => ({
          enqueue: ({ jobs }) => Promise.resolve(jobs.map(() => ({ kind: "rejected", reason }))),
        }),
      });

      const enqueued = kit.scheduler.enqueueJob(new SendInvoice());

      await expect(enqueued).rejects.toMatchObject({
        code: "REVO_JOB_REJECTED",
        message: expect.stringMatching(
          new RegExp(`"send-invoice": ${reason}; nothing was stored$`),
        ) as string,
      });
    },
  );

  it("answers what is on its way before it is closed", async () => {
    await using kit = await openScheduler();
    const enqueue = kit.scheduler.enqueueJob(new SendInvoice());

    await kit.scheduler.close();

    expect((await enqueue).created).toBe(true);
  });

  it("sends the rest of a bulk that has begun before it is closed", async () => {
    await using kit = await openScheduler({ capabilities: { maxBatch: 1 } });
    const bulk = kit.scheduler.enqueueJobs([new SendInvoice("1"), new SendInvoice("2")]);
    await turn();

    await kit.scheduler.close();

    expect(await kit.claim(10)).toHaveLength(2);
    expect(await bulk).toHaveLength(2);
  });

  it("refuses a payload larger than the configuration or the storage allows", async () => {
    await using configured = await openScheduler({ parts: { maxPayloadBytes: 20 } });
    await using stored = await openScheduler({ capabilities: { maxTextBytes: 20 } });

    for (const { scheduler, calls } of [configured, stored]) {
      const attempt = scheduler.enqueueJob(new SendInvoice("x".repeat(20)));
      await expect(attempt).rejects.toMatchObject({ code: "REVO_PAYLOAD_TOO_LARGE" });
      expect(calls).toEqual([]);
    }
  });
});

describe("a unique key", () => {
  it("gives the holder's handle, and stores nothing", async () => {
    await using kit = await openScheduler();
    const first = await kit.scheduler.enqueueJob(new SendInvoice("1"), { uniqueKey: "invoice" });

    const second = await kit.scheduler.enqueueJob(new SendInvoice("2"), { uniqueKey: "invoice" });

    expect(second).toMatchObject({ id: first.id, created: false });
    expect(await kit.scheduler.getJob({ key: "invoice" })).toMatchObject({
      payload: { invoiceId: "1" },
      key: "invoice",
    });
  });

  it("throws REVO_JOB_DUPLICATE where the caller asked for that", async () => {
    await using kit = await openScheduler();
    const uniqueKey = { key: "invoice", onConflict: "reject" } as const;
    const first = await kit.scheduler.enqueueJob(new SendInvoice(), { uniqueKey });

    const second = kit.scheduler.enqueueJob(new SendInvoice(), { uniqueKey });

    await expect(second).rejects.toMatchObject({
      code: "REVO_JOB_DUPLICATE",
      message: expect.stringContaining(first.id) as string,
    });
  });

  it("gives a holder that waits the new content where the caller asked for that", async () => {
    await using kit = await openScheduler();
    const uniqueKey = { key: "invoice", onConflict: "replace" } as const;
    const first = await kit.scheduler.enqueueJob(new SendInvoice("1"), { uniqueKey });

    const second = await kit.scheduler.enqueueJob(new SendInvoice("2"), { uniqueKey });

    expect(second).toMatchObject({ id: first.id, created: false });
    expect(await kit.scheduler.getJob(first)).toMatchObject({ payload: { invoiceId: "2" } });
  });

  it("is free again when the job has finished, unless it is retained", async () => {
    await using kit = await openScheduler();
    const retained = { key: "retained", scope: "retained" } as const;
    await kit.scheduler.enqueueJob(new SendInvoice(), { uniqueKey: "once" });
    await kit.scheduler.enqueueJob(new ResizeImage(), { uniqueKey: retained });
    await kit.succeed();
    await kit.succeed({ width: 1 });

    const freed = await kit.scheduler.enqueueJob(new SendInvoice(), { uniqueKey: "once" });
    const held = await kit.scheduler.enqueueJob(new ResizeImage(), { uniqueKey: retained });

    expect([freed.created, held.created]).toEqual([true, false]);
    const [result] = await Promise.all([held.result(), kit.clock.advance(0)]);
    expect(result).toEqual({ width: 1 });
  });
});

/** Lets everything run that is ready now. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe("an id that is stored already and cannot be compared", () => {
  it("leaves the outcome open, since something is stored", async () => {
    const id = "018f0000-0000-7000-8000-00000000000a";
    const away = new RevoError("REVO_STORAGE_UNAVAILABLE", "gone; nothing was done");
    await using kit = await openScheduler({
      wrap: ({ monitor }) => ({ monitor: { ...monitor, get: () => Promise.reject(away) } }),
    });
    await kit.scheduler.enqueueJob(new SendInvoice(), { id });

    const again = kit.scheduler.enqueueJob(new SendInvoice(), { id });

    await expect(again).rejects.toMatchObject({
      code: "REVO_STORAGE_OUTCOME_UNKNOWN",
      cause: away,
    });
  });
});
