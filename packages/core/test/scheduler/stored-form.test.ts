import { describe, expect, it } from "vitest";
import { makeJobType } from "../../src/configuration/job-type-factory.ts";
import { defineJob } from "../../src/handlers/define-job.ts";
import { defaultTypeOptions } from "../../src/job/job-options.ts";
import { decodeEnvelope } from "../../src/job/envelope.ts";
import type { IJob } from "../../src/job/job.ts";
import type { StandardSchemaV1 } from "../../src/job/standard-schema.ts";
import { openScheduler, SendInvoice, type SchedulerKit } from "./scheduler-kit.ts";

class Report implements IJob {
  static readonly type = "report";
  static readonly version = 3;
  readonly content: unknown;

  constructor(content: unknown = null) {
    this.content = content;
  }
}

async function envelopeOf(kit: SchedulerKit): Promise<ReturnType<typeof decodeEnvelope>> {
  const [job] = await kit.claim();
  return decodeEnvelope(job!.envelope);
}

describe("what is stored of a job", () => {
  it("keeps Dates, big integers, Maps, Sets and URLs as what they are", async () => {
    await using kit = await openScheduler({ classes: [[Report]] });
    const content = {
      at: new Date(0),
      count: 2n ** 70n,
      map: new Map([["a", 1]]),
      set: new Set([1, 2]),
      url: new URL("https://example.com/"),
    };

    const handle = await kit.scheduler.enqueueJob(new Report(content));

    expect(await kit.scheduler.getJob(handle)).toMatchObject({ payload: { content }, version: 3 });
  });

  it("has time-out, retry policy and retention only where the enqueue gave them", async () => {
    const type = { timeout: "1 s", retention: { failed: "1 d" } } as const;
    await using kit = await openScheduler({ classes: [[SendInvoice, type]] });

    await kit.scheduler.enqueueJob(new SendInvoice());
    const plain = await envelopeOf(kit);
    await kit.scheduler.enqueueJob(new SendInvoice(), {
      timeout: "2 s",
      retry: { kind: "fixed", delay: "3 s" },
      retention: { succeeded: "4 s" },
    });
    const own = await envelopeOf(kit);

    expect(plain).toEqual({ version: 1, headers: {} });
    expect(own).toMatchObject({
      timeoutMs: 2_000,
      retry: { kind: "fixed", delayMs: 3_000 },
      retention: { succeededMs: 4_000, failedMs: 86_400_000 },
    });
  });

  it("says until when it may start, and how long it is kept if it does not", async () => {
    await using kit = await openScheduler();
    const handle = await kit.scheduler.enqueueJob(new SendInvoice(), {
      discardAfterMs: 1_000,
      retention: { deleted: "5 s" },
    });

    await kit.clock.advance(1_001);
    const claimed = await kit.claim();

    expect(claimed).toEqual([]);
    const job = await kit.scheduler.getJob(handle);
    expect(job).toMatchObject({ state: "deleted", reason: "expired" });
    expect(job!.expiresAt!.getTime() - job!.finishedAt!.getTime()).toBe(5_000);
  });
});

describe("an id of the caller's", () => {
  const id = "018f0000-0000-7000-8000-000000000001";

  class Reminder implements IJob {
    static readonly type = "reminder";
    readonly content: unknown;

    constructor(content: unknown = null) {
      this.content = content;
    }
  }

  it.each([
    ["another type with equal content", new Report("a"), new Reminder("a")],
    ["a Date where a text was", new Report(new Date(0).toISOString()), new Report(new Date(0))],
    ["a list in another order", new Report([1, 2]), new Report([2, 1])],
  ])("is refused for %s", async (_what, first, second) => {
    await using kit = await openScheduler({ classes: [[Report], [Reminder]] });
    await kit.scheduler.enqueueJob(first, { id });

    const again = kit.scheduler.enqueueJob(second, { id });

    await expect(again).rejects.toMatchObject({ code: "REVO_ID_CONFLICT" });
  });

  it("means the same job whatever the order of its keys", async () => {
    await using kit = await openScheduler({ classes: [[Report]] });
    await kit.scheduler.enqueueJob(new Report({ a: 1, b: new Date(0) }), { id });

    const again = await kit.scheduler.enqueueJob(new Report({ b: new Date(0), a: 1 }), { id });

    expect(again).toMatchObject({ id, created: false });
  });
});

describe("a schema", () => {
  it("checks a new payload of a stored job, too", async () => {
    await using kit = await openScheduler();
    const schema = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: async (value) =>
          typeof value === "number" ? { value } : { issues: [{ message: "no number" }] },
      },
    } satisfies StandardSchemaV1<number>;
    const definition = defineJob({ name: "count", payload: schema });
    const registration = { job: definition, handler: null, options: {}, declaredOnly: true };
    kit.registry.add(makeJobType(registration, defaultTypeOptions));
    const handle = await kit.scheduler.enqueueJob(definition, 1, { delay: "1 h" });

    const wrong = kit.scheduler.updateJob(handle, { payload: "one" });

    await expect(wrong).rejects.toMatchObject({ code: "REVO_PAYLOAD_INVALID", path: "payload" });
    await kit.scheduler.updateJob(handle, { payload: 2 });
    expect(await kit.scheduler.getJob(handle)).toMatchObject({ payload: 2 });
  });
});
