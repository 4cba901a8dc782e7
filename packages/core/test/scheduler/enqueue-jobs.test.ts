import { describe, expect, it } from "vitest";
import { makeJobType } from "../../src/configuration/job-type-factory.ts";
import { RevoError } from "../../src/errors.ts";
import { defineJob } from "../../src/handlers/define-job.ts";
import { defaultTypeOptions } from "../../src/job/job-options.ts";
import type { StandardSchemaV1 } from "../../src/job/standard-schema.ts";
import { EnqueueJobsError } from "../../src/scheduler/enqueue-jobs-error.ts";
import type { EnqueueRequest } from "../../src/storage/enqueue.ts";
import type { IJobTransactions } from "../../src/storage/transactions.ts";
import { noSuchId, openScheduler, ResizeImage, SendInvoice } from "./scheduler-kit.ts";

const invoices = (count: number): readonly SendInvoice[] =>
  Array.from({ length: count }, (_, i) => new SendInvoice(String(i)));

describe("enqueueJobs", () => {
  it("stores 100,000 jobs in one call, in order", async () => {
    await using kit = await openScheduler({ capabilities: { maxBatch: 1_000 } });

    const handles = await kit.scheduler.enqueueJobs(invoices(100_000));

    const claimed = await kit.claim(3);
    expect(handles).toHaveLength(100_000);
    expect(new Set(handles.map(({ id }) => id)).size).toBe(100_000);
    expect(kit.calls).toHaveLength(100);
    expect(claimed.map(({ id }) => id)).toEqual(handles.slice(0, 3).map(({ id }) => id));
  });

  it("has two chunks on their way at once, which leave in order", async () => {
    const sent: string[] = [];
    const answered = Promise.withResolvers<void>();
    await using kit = await openScheduler({
      capabilities: { maxBatch: 100 },
      wrap: (storage) => ({
        enqueue: async (request) => {
          sent.push(request.jobs[0]?.payload ?? "");
          await answered.promise;
          return await storage.enqueue(request);
        },
      }),
    });

    const enqueueing = kit.scheduler.enqueueJobs(invoices(400));
    await new Promise(setImmediate);
    const underWay = sent.length;
    answered.resolve();
    await enqueueing;

    expect(underWay).toBe(2);
    expect(sent).toEqual(
      [0, 100, 200, 300].map((first) => sent.find((text) => text.includes(`"${first}"`))),
    );
  });

  it("takes jobs and jobs with options of their own, side by side", async () => {
    await using kit = await openScheduler();

    const handles = await kit.scheduler.enqueueJobs([
      new SendInvoice("1"),
      { job: new ResizeImage("b.png"), priority: 0, tags: ["vip"] },
      { job: new SendInvoice("3"), delay: "1 h" },
    ]);

    const jobs = await Promise.all(handles.map((handle) => kit.scheduler.getJob(handle)));
    expect(jobs).toMatchObject([
      { type: "send-invoice", priority: 5, state: "enqueued" },
      { type: "resize-image", priority: 0, tags: ["vip"] },
      { type: "send-invoice", state: "scheduled" },
    ]);
  });

  it("marks only those chunks as possibly stored that have ids of the caller", async () => {
    const requests: EnqueueRequest[] = [];
    await using kit = await openScheduler({
      wrap: (storage) => ({
        enqueue: (request) => {
          requests.push(request);
          return storage.enqueue(request);
        },
      }),
    });

    await kit.scheduler.enqueueJobs([
      ...invoices(2),
      { job: new SendInvoice(), id: noSuchId },
      ...invoices(1),
    ]);

    expect(requests.map(({ jobs, mayExist = false }) => [jobs.length, mayExist])).toEqual([
      [2, false],
      [1, true],
      [1, false],
    ]);
  });

  it("divides what is too large for one call", async () => {
    await using kit = await openScheduler();
    const half = "x".repeat(900_000);
    const jobs = Array.from({ length: 20 }, () => new SendInvoice(half));

    await kit.scheduler.enqueueJobs(jobs);

    expect(kit.calls).toHaveLength(3);
  });

  it("tells of every item when some were not stored, and keeps the others", async () => {
    await using kit = await openScheduler();
    const uniqueKey = { key: "one", onConflict: "reject" } as const;

    const attempt = kit.scheduler.enqueueJobs([
      { job: new SendInvoice("1"), uniqueKey },
      { job: new SendInvoice("2"), uniqueKey },
      new SendInvoice("3"),
    ]);

    const error = (await attempt.catch((reason: unknown) => reason)) as EnqueueJobsError;
    expect(error).toBeInstanceOf(EnqueueJobsError);
    expect(error).toMatchObject({ code: "REVO_BATCH_INCOMPLETE" });
    expect(error.outcomes.map(({ kind }) => kind)).toEqual(["stored", "failed", "stored"]);
    expect(error.outcomes[1]).toMatchObject({ error: { code: "REVO_JOB_DUPLICATE" } });
    expect(await kit.claim(10)).toHaveLength(2);
  });

  it("keeps the chunks that were stored when the storage fails on the way, and does not try the rest", async () => {
    await using kit = await openScheduler({
      capabilities: { maxBatch: 100 },
      wrap: (storage) => {
        let calls = 0;
        return {
          enqueue: async (request) => {
            calls += 1;
            if (calls === 2) throw new RevoError("REVO_STORAGE_FULL", "disk full");
            return await storage.enqueue(request);
          },
        };
      },
    });

    const attempt = kit.scheduler.enqueueJobs(invoices(400));

    const error = (await attempt.catch((reason: unknown) => reason)) as EnqueueJobsError;
    const codes = error.outcomes.map(
      (one) => one.kind === "failed" && (one.error as RevoError).code,
    );
    expect(codes.filter((code) => code === false)).toHaveLength(100);
    expect(codes.slice(100, 200)).toEqual(Array(100).fill("REVO_STORAGE_FULL"));
    expect(codes.slice(200)).toEqual(Array(200).fill("REVO_STORAGE_UNAVAILABLE"));
    expect(kit.calls).toHaveLength(2);
  });

  it("compares ids of the caller with what is stored, many in one question", async () => {
    await using kit = await openScheduler();
    const other = "018f0000-0000-7000-8000-000000000001";
    await kit.scheduler.enqueueJobs([
      { job: new SendInvoice("1"), id: noSuchId },
      { job: new SendInvoice("2"), id: other },
    ]);
    kit.calls.length = 0;

    const attempt = kit.scheduler.enqueueJobs([
      { job: new SendInvoice("1"), id: noSuchId },
      { job: new SendInvoice("3"), id: other },
    ]);

    const error = (await attempt.catch((reason: unknown) => reason)) as EnqueueJobsError;
    expect(error.outcomes).toMatchObject([
      { kind: "stored", job: { id: noSuchId, created: false } },
      { kind: "failed", error: { code: "REVO_ID_CONFLICT" } },
    ]);
    expect(kit.calls).toEqual(["enqueue", "monitor.get"]);
  });

  it("waits for every asynchronous schema, and stores nothing when one refuses", async () => {
    await using kit = await openScheduler();
    const schema = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: async (value) =>
          value === "bad" ? { issues: [{ message: "is bad" }] } : { value: value as string },
      },
    } satisfies StandardSchemaV1<string>;
    const definition = defineJob({ name: "checked", payload: schema });
    const registration = { job: definition, handler: null, options: {}, declaredOnly: true };
    kit.registry.add(makeJobType(registration, defaultTypeOptions));

    const attempt = kit.scheduler.enqueueJobs(
      ["good", "good", "bad"].map((x) => definition.with(x)),
    );

    await expect(attempt).rejects.toMatchObject({
      code: "REVO_PAYLOAD_INVALID",
      path: "[2].payload",
    });
    expect(kit.calls).toEqual([]);
  });

  it("sends everything in the caller's transaction where the storage has one", async () => {
    const transaction = { name: "tx" };
    const used: unknown[] = [];
    await using kit = await openScheduler({
      capabilities: { maxBatch: 100 },
      wrap: (storage) => {
        const transactions: IJobTransactions<never> = {
          enqueueIn: async (given, request) => {
            used.push([given, request.jobs.length]);
            return { results: await storage.enqueue(request), wake: async () => {} };
          },
          completeIn: async () => {},
        };
        return { transactions };
      },
    });

    await kit.scheduler.enqueueJobs(invoices(150), { transaction: transaction as never });
    await kit.scheduler.enqueueJob(new SendInvoice(), { transaction: transaction as never });

    expect(used).toEqual([
      [transaction, 100],
      [transaction, 50],
      [transaction, 1],
    ]);
  });
});
