import { describe, expect, it } from "vitest";
import type { RevoError } from "../../src/errors.ts";
import { JobTypeRegistry } from "../../src/handlers/job-type-registry.ts";
import { defineJob } from "../../src/handlers/define-job.ts";
import type { EnqueueOptions } from "../../src/job/enqueue-options.ts";
import type { IJob } from "../../src/job/job.ts";
import type { StandardSchemaV1 } from "../../src/job/standard-schema.ts";
import { makeJobType } from "../../src/configuration/job-type-factory.ts";
import { defaultTypeOptions } from "../../src/job/job-options.ts";
import {
  noSuchId,
  openScheduler,
  ResizeImage,
  SendInvoice,
  type SchedulerKit,
} from "./scheduler-kit.ts";

/** Runs a call that must be refused before the storage hears of it, and a good one after it. */
async function refused(
  call: (kit: SchedulerKit) => Promise<unknown>,
  kit?: SchedulerKit,
): Promise<{ readonly code: string; readonly path?: string; readonly message: string }> {
  await using own = await openScheduler();
  const used = kit ?? own;
  const before = used.calls.length;
  const error: unknown = await call(used).then(
    (value) => {
      throw new Error(`not refused: ${JSON.stringify(value)}`);
    },
    (reason: unknown) => reason,
  );
  expect(used.calls.slice(before)).toEqual([]);
  const good = await used.scheduler.enqueueJob(new SendInvoice());
  expect(good.created).toBe(true);
  return error as { code: string; path: string; message: string };
}

const enqueueWith = (options: unknown) => (kit: SchedulerKit) =>
  kit.scheduler.enqueueJob(new SendInvoice(), options as EnqueueOptions);

describe("bad input to the scheduler is refused before the storage is asked", () => {
  it.each([[undefined], [null], [42], ["send-invoice"]])(
    "row 1: enqueueJob(%j) is no job",
    async (job) => {
      const error = await refused(({ scheduler }) => scheduler.enqueueJob(job as never));

      expect(error).toMatchObject({ code: "REVO_ARGUMENT_INVALID", path: "job" });
    },
  );

  it.each([[""], [" a "], [42], [{}], [Symbol("s")], [undefined]])(
    "row 2: a class with the static type %s has no name",
    async (type) => {
      const Unnamed = Object.assign(
        class Unnamed implements IJob {
          readonly invoiceId = "42";
        },
        { type },
      );

      const error = await refused(({ scheduler }) => scheduler.enqueueJob(new Unnamed()));

      expect(error).toMatchObject({ code: "REVO_NAME_INVALID", path: "job.constructor.type" });
    },
  );

  it("row 2: an instance of a class without a static type is told what it lacks", async () => {
    class Typeless implements IJob {
      readonly invoiceId = "42";
    }

    const error = await refused(({ scheduler }) => scheduler.enqueueJob(new Typeless()));

    expect(error.message).toBe(
      "Expected `job.constructor.type` to be the `static type` of a job class (of a definition, pass definition.with(payload)), got undefined",
    );
  });

  it("row 2: a class that only inherits its static type has none", async () => {
    class SendReminder extends SendInvoice {}

    const error = await refused(({ scheduler }) => scheduler.enqueueJob(new SendReminder()));

    expect(error.code).toBe("REVO_NAME_INVALID");
  });

  it("row 3: a job type that this process does not know names itself and the remedy", async () => {
    class Unknown implements IJob {
      static readonly type = "unknown-type";
      readonly invoiceId = "42";
    }

    const error = await refused(({ scheduler }) => scheduler.enqueueJob(new Unknown()));

    expect(error.code).toBe("REVO_HANDLER_NOT_FOUND");
    expect(error.message).toContain('"unknown-type"');
    expect(error.message).toContain("jobs.declare");
  });

  it.each(["constructor", "__proto__", "toString", "hasOwnProperty"])(
    "row 4: the type %s is not found by way of a prototype",
    async (type) => {
      const Odd = Object.assign(
        class Odd implements IJob {
          readonly invoiceId = "42";
        },
        { type },
      );

      const error = await refused(({ scheduler }) => scheduler.enqueueJob(new Odd()));

      expect(error.code).toBe("REVO_HANDLER_NOT_FOUND");
    },
  );

  it("row 5: the same type is not registered twice", () => {
    const registry = new JobTypeRegistry();
    const registration = { job: SendInvoice, handler: null, options: {}, declaredOnly: true };
    registry.add(makeJobType(registration, defaultTypeOptions));

    const again = (): void => registry.add(makeJobType(registration, defaultTypeOptions));

    expect(again).toThrow(expect.objectContaining({ code: "REVO_HANDLER_DUPLICATE" }));
  });

  it("row 7: an unknown option is refused with the nearest known one", async () => {
    const error = await refused(enqueueWith({ dealy: 5 }));

    expect(error).toMatchObject({ code: "REVO_OPTION_UNKNOWN", path: "dealy" });
    expect(error.message).toContain("`delay`");
  });

  it("row 8: an option from a polluted prototype is not an option", async () => {
    await using kit = await openScheduler();
    const options = Object.create({ delay: "1 h", dealy: 5, transaction: {} }) as EnqueueOptions;

    const handle = await kit.scheduler.enqueueJob(new SendInvoice(), options);

    expect(await kit.scheduler.getJob(handle)).toMatchObject({ state: "enqueued" });
  });

  it.each([
    ["9", { delay: -1 }, "REVO_DURATION_INVALID", "delay"],
    ["10", { delay: Number.NaN }, "REVO_DURATION_INVALID", "delay"],
    ["10", { delay: Infinity }, "REVO_DURATION_INVALID", "delay"],
    ["10", { delay: "5" }, "REVO_DURATION_INVALID", "delay"],
    ["10", { delay: 5n }, "REVO_DURATION_INVALID", "delay"],
    ["10", { delay: 2.5 }, "REVO_DURATION_INVALID", "delay"],
    ["11", { delay: 2 ** 53 }, "REVO_TIME_OUT_OF_RANGE", "delay"],
    ["11", { delay: 101 * 365.25 * 86_400_000 }, "REVO_TIME_OUT_OF_RANGE", "delay"],
    ["12", { runAt: new Date("x") }, "REVO_TIME_INVALID", "runAt"],
    ["13", { runAt: "2026-02-30T00:00Z" }, "REVO_TIME_INVALID", "runAt"],
    ["13", { runAt: "tomorrow" }, "REVO_TIME_INVALID", "runAt"],
    ["13", { runAt: "" }, "REVO_TIME_INVALID", "runAt"],
    ["14", { runAt: new Date("2200-01-01T00:00:00Z") }, "REVO_TIME_OUT_OF_RANGE", "runAt"],
    ["14", { runAt: new Date(8.64e15) }, "REVO_TIME_OUT_OF_RANGE", "runAt"],
    ["14", { runAt: new Date("-000001-01-01T00:00:00Z") }, "REVO_TIME_OUT_OF_RANGE", "runAt"],
    ["16", { delay: 5, runAt: new Date() }, "REVO_ARGUMENT_INVALID", "runAt"],
    ["17", { priority: 10 }, "REVO_ARGUMENT_INVALID", "priority"],
    ["17", { priority: -1 }, "REVO_ARGUMENT_INVALID", "priority"],
    ["17", { priority: 1.5 }, "REVO_ARGUMENT_INVALID", "priority"],
    ["17", { priority: "high" }, "REVO_ARGUMENT_INVALID", "priority"],
    ["18", { maxAttempts: 0 }, "REVO_ARGUMENT_INVALID", "maxAttempts"],
    ["18", { maxAttempts: 1e9 }, "REVO_ARGUMENT_INVALID", "maxAttempts"],
    ["18", { maxAttempts: Number.NaN }, "REVO_ARGUMENT_INVALID", "maxAttempts"],
    ["21", { uniqueKey: "" }, "REVO_KEY_INVALID", "uniqueKey"],
    ["21", { uniqueKey: "k".repeat(10_240) }, "REVO_KEY_INVALID", "uniqueKey"],
    ["21", { uniqueKey: { key: {} } }, "REVO_KEY_INVALID", "uniqueKey.key"],
    ["21", { uniqueKey: "\ud800" }, "REVO_KEY_INVALID", "uniqueKey"],
    ["22", { id: "" }, "REVO_ID_INVALID", "id"],
    ["22", { id: "x".repeat(300) }, "REVO_ID_INVALID", "id"],
    ["22", { id: "a:b" }, "REVO_ID_INVALID", "id"],
    ["22", { id: "../../x" }, "REVO_ID_INVALID", "id"],
    ["22", { id: "{x}" }, "REVO_ID_INVALID", "id"],
    ["22", { id: "\0" }, "REVO_ID_INVALID", "id"],
    ["22", { id: "💥" }, "REVO_ID_INVALID", "id"],
  ])("row %s: %o", async (_row, options, code, path) => {
    const error = await refused(enqueueWith(options));

    expect(error).toMatchObject({ code, path });
    expect(error.message).toContain(`\`${path}\``);
    expect(error.message.length).toBeLessThan(400);
  });

  it.each([
    ["a Date", new Date()],
    ["a Map", new Map([["delay", 5]])],
    ["a promise of options", Promise.resolve({ delay: 5 })],
  ])("%s in the place of options is not taken for none", async (_what, options) => {
    const enqueued = await refused(enqueueWith(options));
    const scheduled = await refused(({ scheduler }) =>
      scheduler.scheduleJob(new SendInvoice(), new Date(), options as never),
    );

    for (const error of [enqueued, scheduled]) {
      expect(error).toMatchObject({ code: "REVO_ARGUMENT_INVALID", path: "options" });
    }
  });

  it("a time that was forgotten does not mean at once", async () => {
    const forgotten = undefined as never;

    const error = await refused(({ scheduler }) =>
      scheduler.scheduleJob(new SendInvoice(), forgotten),
    );

    expect(error).toMatchObject({ code: "REVO_TIME_INVALID", path: "at" });
  });

  it("an option, or a transaction, that is undefined is as if it were not given", async () => {
    await using kit = await openScheduler();
    const options = { transaction: undefined, delay: undefined, queue: "mail" };

    const handle = await kit.scheduler.enqueueJob(new SendInvoice(), options as never);

    expect(await kit.scheduler.getJob(handle)).toMatchObject({ state: "enqueued", queue: "mail" });
  });

  it.each([
    ["headers", { headers: new Map([["tenant", "a"]]) }],
    ["headers", { headers: new Headers({ tenant: "a" }) }],
  ])("a list of %s is not taken for none", async (path, options) => {
    const error = await refused(enqueueWith(options));

    expect(error).toMatchObject({ code: "REVO_ARGUMENT_INVALID", path });
  });

  it.each([
    ["headers", { "revo.culture": "x".repeat(8_192) }, {}],
    ["headers", { "revo.culture": "\u0001".repeat(800) }, { note: "x".repeat(4_096) }],
    ["headers.revo.tenant", { "revo.tenant": 5 as never }, {}],
  ])(
    "%s that the context brings along are held to the same limits",
    async (path, captured, own) => {
      const parts = { captureHeaders: () => captured };
      await using kit = await openScheduler({ parts });

      const enqueued = kit.scheduler.enqueueJob(new SendInvoice(), { headers: own });

      await expect(enqueued).rejects.toMatchObject({ code: "REVO_ARGUMENT_INVALID", path });
      expect(kit.calls).toEqual([]);
    },
  );

  it.each(["a\0b", "\ud800", "", "x".repeat(501)])(
    "the reason %j is refused, of an act and of a pause",
    async (reason) => {
      const act = await refused(({ scheduler }) => scheduler.deleteJob(noSuchId, { reason }));
      const pause = await refused(({ scheduler }) => scheduler.pauseQueue("mail", { reason }));

      for (const error of [act, pause]) {
        expect(error).toMatchObject({ code: "REVO_ARGUMENT_INVALID", path: "reason" });
      }
    },
  );

  it("acts are refused with what is wrong in their options", async () => {
    const state = await refused(({ scheduler }) =>
      scheduler.deleteJob(noSuchId, { from: ["failed", "done"] as never }),
    );
    const reset = await refused(({ scheduler }) =>
      scheduler.requeueJob(noSuchId, { resetAttempts: "no" as never }),
    );
    const bulk = await refused(({ scheduler }) =>
      scheduler.apply({ kind: "requeue", resetAttempts: "no" as never }, { states: ["failed"] }),
    );
    const signal = await refused(({ scheduler }) =>
      scheduler.apply({ kind: "delete" }, { states: ["failed"] }, { signal: {} as never }),
    );

    expect([state, reset, bulk, signal].map(({ message }) => message)).toEqual([
      expect.stringMatching(/^Expected `from\[1\]` to be one of the states .*, got "done"$/),
      'Expected `resetAttempts` to be true or false, got "no"',
      'Expected `action.resetAttempts` to be true or false, got "no"',
      "Expected `signal` to be an AbortSignal, got an object",
    ]);
  });

  it("row 15: a time in the past means at once", async () => {
    await using kit = await openScheduler();

    const handle = await kit.scheduler.scheduleJob(new SendInvoice(), "2020-01-01T00:00:00Z");

    expect(await kit.scheduler.getJob(handle)).toMatchObject({ state: "enqueued" });
  });

  it("row 23: the same id with the same content is stored once", async () => {
    await using kit = await openScheduler();
    const first = await kit.scheduler.enqueueJob(new SendInvoice(), { id: noSuchId });

    const second = await kit.scheduler.enqueueJob(new SendInvoice(), { id: noSuchId });

    expect([first.created, second.created]).toEqual([true, false]);
    expect(second.id).toBe(noSuchId);
    expect(await kit.claim(10)).toHaveLength(1);
  });

  it("row 23: the same id of a finished job is not stored again", async () => {
    await using kit = await openScheduler();
    await kit.scheduler.enqueueJob(new SendInvoice(), { id: noSuchId });
    await kit.succeed();

    const second = await kit.scheduler.enqueueJob(new SendInvoice(), { id: noSuchId });

    expect(second.created).toBe(false);
    expect(await kit.claim(10)).toEqual([]);
  });

  it.each([
    ["payload", new SendInvoice("43")],
    ["type", new ResizeImage()],
  ])("row 24: the same id with another %s is a conflict", async (_what, other) => {
    await using kit = await openScheduler();
    await kit.scheduler.enqueueJob(new SendInvoice("42"), { id: noSuchId });

    const second = kit.scheduler.enqueueJob(other, { id: noSuchId });

    await expect(second).rejects.toMatchObject({ code: "REVO_ID_CONFLICT" });
    expect(await kit.scheduler.getJob(noSuchId)).toMatchObject({ payload: { invoiceId: "42" } });
  });

  it("row 25: an empty batch is stored without asking the storage", async () => {
    await using kit = await openScheduler();

    const handles = await kit.scheduler.enqueueJobs([]);

    expect(handles).toEqual([]);
    expect(kit.calls).toEqual([]);
  });

  it("row 26: a batch has no limit of its own", async () => {
    await using kit = await openScheduler({ capabilities: { maxBatch: 100 } });
    const jobs = Array.from({ length: 1_001 }, (_, i) => new SendInvoice(String(i)));

    const handles = await kit.scheduler.enqueueJobs(jobs);

    expect(handles).toHaveLength(1_001);
    expect(kit.calls).toHaveLength(11);
  });

  it("row 27: a hole in a batch is refused with its index, and nothing is stored", async () => {
    const items = [new SendInvoice(), , new SendInvoice()] as SendInvoice[]; // oxlint-disable-line no-sparse-arrays -- the row asks for it

    const error = await refused(({ scheduler }) => scheduler.enqueueJobs(items));

    expect(error).toMatchObject({ code: "REVO_ARGUMENT_INVALID", path: "[1]" });
  });

  it("row 27: one bad item is refused with its path, and nothing is stored", async () => {
    const items = Array.from({ length: 20 }, (_, i) => ({
      job: new SendInvoice(),
      delay: i === 17 ? -1 : 1,
    }));

    const error = await refused(({ scheduler }) => scheduler.enqueueJobs(items));

    expect(error).toMatchObject({ code: "REVO_DURATION_INVALID", path: "[17].delay" });
    expect(error.message).toContain("`[17].delay`");
  });

  it("row 31: every method throws REVO_CLOSED before start and after stop", async () => {
    await using before = await openScheduler({ parts: { isClosed: () => true } });
    await using after = await openScheduler();
    await after.scheduler.close();

    for (const { scheduler, calls } of [before, after]) {
      const attempts: readonly Promise<unknown>[] = [
        scheduler.enqueueJob(new SendInvoice()),
        scheduler.enqueueJobs([new SendInvoice()]),
        scheduler.scheduleJob(new SendInvoice(), new Date()),
        scheduler.deleteJob(noSuchId),
        scheduler.requeueJob(noSuchId),
        scheduler.runNow(noSuchId),
        scheduler.reschedule(noSuchId, { delay: 1 }),
        scheduler.updateJob(noSuchId, { priority: 1 }),
        scheduler.pauseQueue("default", { reason: "maintenance" }),
        scheduler.resumeQueue("default"),
        scheduler.apply({ kind: "delete" }, { states: ["failed"] }),
        scheduler.getJob(noSuchId),
      ];
      const settled = await Promise.allSettled(attempts);
      const codes = settled.map(
        (one) => one.status === "rejected" && (one.reason as RevoError).code,
      );
      expect(codes).toEqual(attempts.map(() => "REVO_CLOSED"));
      expect(calls).toEqual([]);
    }
  });

  it("row 33: a transaction is refused where the storage has none", async () => {
    const error = await refused(enqueueWith({ transaction: {} }));
    const bulk = await refused(({ scheduler }) =>
      scheduler.enqueueJobs([new SendInvoice()], { transaction: {} as never }),
    );

    expect(error.code).toBe("REVO_CAPABILITY_MISSING");
    expect(bulk.code).toBe("REVO_CAPABILITY_MISSING");
  });

  it("row 35: acting on an unknown id is REVO_JOB_NOT_FOUND; reading or deleting it is no error", async () => {
    await using kit = await openScheduler();
    const { scheduler } = kit;

    for (const act of [
      scheduler.requeueJob(noSuchId),
      scheduler.runNow(noSuchId),
      scheduler.reschedule(noSuchId, { delay: 5 }),
      scheduler.updateJob(noSuchId, { priority: 1 }),
      scheduler.updateJob(noSuchId, { payload: { invoiceId: "1" } }),
      scheduler.requeueJob({ key: "nobody" }),
    ]) {
      await expect(act).rejects.toMatchObject({ code: "REVO_JOB_NOT_FOUND" });
    }
    expect(await scheduler.getJob(noSuchId)).toBeNull();
    expect(await scheduler.deleteJob(noSuchId)).toBe(false);
  });

  it("row 36: a running job can't be requeued, but it can be asked to end", async () => {
    await using kit = await openScheduler();
    const handle = await kit.scheduler.enqueueJob(new SendInvoice());
    await kit.claim();

    const requeue = kit.scheduler.requeueJob(handle);

    await expect(requeue).rejects.toMatchObject({ code: "REVO_JOB_STATE_CONFLICT" });
    expect(await kit.scheduler.deleteJob(handle)).toBe(true);
    const job = await kit.scheduler.getJob(handle);
    expect(job?.state).toBe("processing");
    expect(job?.deletionRequestedAt).toBeInstanceOf(Date);
  });

  it.each([
    ["", "REVO_ID_INVALID"],
    [42, "REVO_ARGUMENT_INVALID"],
    [{}, "REVO_ARGUMENT_INVALID"],
    [{ id: "x" }, "REVO_ID_INVALID"],
    [{ key: "" }, "REVO_KEY_INVALID"],
  ])("a reference that is none is refused: %j", async (reference, code) => {
    const error = await refused(({ scheduler }) => scheduler.deleteJob(reference as never));

    expect(error.code).toBe(code);
  });

  it("row 84: a payload that its schema refuses is not stored", async () => {
    const error = await refused(
      enqueueDefined({ issues: [{ message: "too low", path: ["width"] }] }),
    );

    expect(error).toMatchObject({ code: "REVO_PAYLOAD_INVALID", path: "payload.width" });
  });

  it("row 85: a schema that throws refuses the payload", async () => {
    const error = await refused(enqueueDefined(new Error("schema broken")));

    expect(error).toMatchObject({ code: "REVO_PAYLOAD_INVALID" });
    expect((error as unknown as Error).cause).toEqual(new Error("schema broken"));
  });

  it("row 85: a schema that never comes to an end is given up", async () => {
    const error = await refused(async (kit) => {
      const enqueue = enqueueDefined(new Promise(() => {}))(kit);
      return await Promise.all([enqueue, kit.clock.advance(30_000)]);
    });

    expect(error.code).toBe("REVO_TIMEOUT");
  });
});

/** Enqueues a job of a type whose schema answers, or throws, what is given. */
function enqueueDefined(answer: unknown): (kit: SchedulerKit) => Promise<unknown> {
  const schema = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: () => {
        if (answer instanceof Error) throw answer;
        return answer as never;
      },
    },
  } satisfies StandardSchemaV1;
  const definition = defineJob({ name: "defined", payload: schema });
  return async (kit) => {
    const registration = { job: definition, handler: null, options: {}, declaredOnly: true };
    kit.registry.add(makeJobType(registration, defaultTypeOptions));
    return await kit.scheduler.enqueueJob(definition, { width: 1 });
  };
}
