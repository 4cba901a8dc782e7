import { describe, expect, it } from "vitest";
import type { FoundJobs } from "../../src/monitor/job-monitor.ts";
import type { JobQuery } from "../../src/search/job-query.ts";
import type { JobFilter } from "../../src/storage/monitor.ts";
import { noSuchId, ResizeImage, SendInvoice } from "../scheduler/scheduler-kit.ts";
import { openMonitor, type MonitorKit } from "./monitor-kit.ts";

/** Six jobs that differ in whatever a query can tell apart; 1 to 6 by invoice or url. */
async function openFilled(
  filters?: Partial<Record<keyof JobFilter, "scanned">>,
): Promise<MonitorKit> {
  const kit = await openMonitor(filters === undefined ? {} : { capabilities: { filters } });
  const { scheduler, clock } = kit;
  await scheduler.enqueueJob(new SendInvoice("1"), { uniqueKey: "first", tags: ["vip", "eu"] });
  await kit.fail(Object.assign(new RangeError("Card DECLINED"), { code: "E402" }));
  await clock.advance(1_000);
  await scheduler.enqueueJob(new SendInvoice("2"), { queue: "mail", tags: ["eu"] });
  await scheduler.enqueueJob(new ResizeImage("3"), { delay: "1 h" });
  await clock.advance(1_000);
  await scheduler.enqueueJob(new ResizeImage("4"), { priority: 0 });
  await kit.claim();
  await scheduler.enqueueJob(new ResizeImage("5"), { queue: "critical" });
  await scheduler.deleteJob(await scheduler.enqueueJob(new SendInvoice("6")));
  return kit;
}

const numbers = (found: FoundJobs): readonly string[] =>
  found.jobs
    .map(({ payload }) => {
      const { invoiceId, url } = payload as { invoiceId?: string; url?: string };
      return invoiceId ?? url ?? "";
    })
    .toSorted();

const start = Date.UTC(2027, 0, 1);

const queries: readonly (readonly [JobQuery, readonly string[]])[] = [
  [{}, ["1", "2", "3", "4", "5", "6"]],
  [{ states: ["failed", "deleted"] }, ["1", "6"]],
  [{ states: [] }, []],
  [{ types: ["send-invoice"] }, ["1", "2", "6"]],
  [{ queues: ["mail", "critical"] }, ["2", "5"]],
  [{ tags: ["vip"] }, ["1"]],
  [{ tags: ["vip", "eu"] }, ["1", "2"]],
  [{ types: ["send-invoice"], queues: ["default"] }, ["1", "6"]],
  [{ createdAt: { from: new Date(start + 1_000) } }, ["2", "3", "4", "5", "6"]],
  [{ createdAt: { to: new Date(start + 1_000) } }, ["1"]],
  [{ dueAt: { from: new Date(start + 60_000), to: new Date(start + 7_200_000) } }, ["3"]],
  [{ finishedAt: { from: new Date(start) } }, ["1", "6"]],
  [{ attempt: { from: 1 } }, ["1", "4"]],
  [{ errorText: "declined" }, ["1"]],
  [{ errorText: "rangeerror" }, ["1"]],
  [{ errorText: "e402" }, ["1"]],
  [{ errorText: "timeout" }, []],
  [{ payloadText: '"url":"4"' }, ["4"]],
  [{ payloadText: "INVOICEID" }, ["1", "2", "6"]],
  [{ payloadText: "invoiceid", states: ["enqueued"] }, ["2"]],
];

describe.each([
  ["tells everything itself", undefined],
  ["tells nothing, so that core tests the rows", {}],
  ["tells states only", { states: "scanned" } as const],
])("find on a storage that %s", (_what, filters) => {
  it.each(queries)("finds by %j", async (query, expected) => {
    await using kit = await openFilled(filters);

    const found = await kit.monitor.find(query, { detail: "full" });

    expect(numbers(found)).toEqual(expected);
    expect(found).toMatchObject({ next: null, complete: true });
  });

  it.each(queries)("counts by %j", async (query, expected) => {
    await using kit = await openFilled(filters);

    const count = await kit.monitor.count(query);

    expect(count).toEqual({ count: expected.length, exact: true });
  });

  it("finds by key, server, fingerprint and ids", async () => {
    await using kit = await openFilled(filters);
    const all = await kit.monitor.find({}, { detail: "full" });
    const running = all.jobs.find(({ state }) => state === "processing");
    const [failed] = await kit.storage.monitor.get([
      all.jobs.find(({ state }) => state === "failed")!.id,
    ]);
    const full = { detail: "full" } as const;

    const byServer = await kit.monitor.find({ serverIds: [running!.serverId!] }, full);
    const byKey = await kit.monitor.find({ keys: ["second", "first"] }, full);
    const byPrint = await kit.monitor.find({ fingerprints: [failed!.fingerprint!] }, full);
    const byIds = await kit.monitor.find({ ids: [noSuchId, running!.id], types: ["resize-image"] });
    const byOther = await kit.monitor.find({ ids: [running!.id], types: ["send-invoice"] });

    expect(numbers(byServer)).toContain("4");
    expect(numbers(byKey)).toEqual(failed!.uniqueKey === undefined ? [] : ["1"]);
    expect(numbers(byPrint)).toEqual(["1"]);
    expect(byIds.jobs.map(({ id }) => id)).toEqual([running!.id]);
    expect(byOther.jobs).toEqual([]);
  });

  it.each([1, 2, 4, 5])("pages by %d without skipping or repeating a job", async (limit) => {
    await using kit = await openFilled(filters);
    const seen: string[] = [];
    let after: string | null = null;

    do {
      const found: FoundJobs = await kit.monitor.find(
        { types: ["send-invoice", "resize-image"] },
        { limit, after },
      );
      expect(found.jobs.length).toBeLessThanOrEqual(limit);
      seen.push(...found.jobs.map(({ id }) => id));
      after = found.next;
    } while (after !== null);

    expect(seen).toHaveLength(6);
    expect(new Set(seen).size).toBe(6);
  });
});

describe("find", () => {
  it("sends the storage only the fields that it declares", async () => {
    await using kit = await openFilled({ states: "scanned" });

    await kit.monitor.find({ states: ["failed"], types: ["send-invoice"], errorText: "declined" });

    expect(kit.finds).toMatchObject([{ filter: { states: ["failed"] }, detail: "full" }]);
  });

  it("stops after as many rows as it may look at, says so, and goes on from there", async () => {
    await using kit = await openMonitor({ capabilities: { filters: {} } });
    await kit.scheduler.enqueueJobs(
      Array.from({ length: 100 }, (_, i) => ({
        job: new SendInvoice(),
        tags: i === 0 ? ["vip"] : [],
      })),
    );
    const query = { tags: ["vip"] };

    const first = await kit.monitor.find(query, { limit: 10, scanLimit: 60 });
    const second = await kit.monitor.find(query, { limit: 10, scanLimit: 60, after: first.next! });

    expect(first).toMatchObject({ jobs: [], scanned: 60, complete: false });
    expect(second).toMatchObject({ next: null, complete: true });
    expect(second.jobs).toHaveLength(1);
  });

  it("leaves out what is costly unless asked for it", async () => {
    await using kit = await openFilled();

    const summary = await kit.monitor.find({ errorText: "declined" });
    const full = await kit.monitor.find({ errorText: "declined" }, { detail: "full" });

    expect(summary.jobs[0]).not.toHaveProperty("payload");
    expect(summary.jobs[0]).not.toHaveProperty("error");
    expect(full.jobs[0]).toMatchObject({
      key: "first",
      reason: "attempts",
      error: { name: "RangeError", message: "Card DECLINED", code: "E402" },
    });
  });

  it("orders by age where the storage can", async () => {
    await using kit = await openMonitor();
    const handles = await kit.scheduler.enqueueJobs([new SendInvoice("1"), new SendInvoice("2")]);
    const ids = handles.map(({ id }) => id);

    const oldest = await kit.monitor.find({}, { order: "oldest" });
    const newest = await kit.monitor.find({}, { order: "newest" });

    expect(oldest.jobs.map(({ id }) => id)).toEqual(ids);
    expect(newest.jobs.map(({ id }) => id)).toEqual(ids.toReversed());
  });

  it("shows a job that can't be read as corrupt, and does not break the page", async () => {
    await using kit = await openMonitor();
    await kit.storage.enqueue({
      jobs: [
        {
          id: noSuchId,
          type: "foreign",
          queue: "default",
          priority: 5,
          payload: "{not json",
          envelope: "[]",
          tags: [],
          maxAttempts: 1,
          maxCrashes: 1,
          start: { kind: "now" },
        },
      ],
    });

    const found = await kit.monitor.find({}, { detail: "full" });
    const byText = await kit.monitor.find({ payloadText: "json" });

    expect(found.jobs).toMatchObject([{ id: noSuchId, corrupt: true, headers: {} }]);
    expect(byText.jobs).toEqual([]);
  });

  it("refuses a cursor of another query, and one that is damaged", async () => {
    await using kit = await openFilled();
    const { next } = await kit.monitor.find({}, { limit: 1 });

    for (const attempt of [
      kit.monitor.find({ types: ["send-invoice"] }, { after: next! }),
      kit.monitor.find({}, { after: next!, order: "newest" }),
      kit.monitor.find({}, { after: next!.slice(1) }),
      kit.monitor.find({}, { after: "" }),
    ]) {
      await expect(attempt).rejects.toMatchObject({ code: "REVO_CURSOR_INVALID" });
    }
  });

  it("ends with the caller's signal", async () => {
    await using kit = await openFilled();
    const signal = AbortSignal.abort(new Error("enough"));

    await expect(kit.monitor.find({}, { signal })).rejects.toThrow("enough");
    await expect(kit.monitor.count({}, { signal })).rejects.toThrow("enough");
  });

  it("says at least how many there are when it stops counting", async () => {
    await using stored = await openFilled();
    await using tested = await openFilled({});

    for (const { monitor } of [stored, tested]) {
      expect(await monitor.count({ types: ["resize-image"] }, { atMost: 2 })).toEqual({
        count: 2,
        exact: false,
      });
    }
  });

  it.each([
    [{ state: [] }, {}, "REVO_OPTION_UNKNOWN"],
    [{ states: ["done"] }, {}, "REVO_ARGUMENT_INVALID"],
    [{ types: "x" }, {}, "REVO_ARGUMENT_INVALID"],
    [{ attempt: { from: "1" } }, {}, "REVO_ARGUMENT_INVALID"],
    [{ payloadText: "x".repeat(257) }, {}, "REVO_ARGUMENT_INVALID"],
    [{ ids: ["x"] }, {}, "REVO_ID_INVALID"],
    [{ queues: ["a\0"] }, {}, "REVO_ARGUMENT_INVALID"],
    [{ tags: ["\ud800"] }, {}, "REVO_ARGUMENT_INVALID"],
    [new Map(), {}, "REVO_ARGUMENT_INVALID"],
    [{}, { signal: {} }, "REVO_ARGUMENT_INVALID"],
    [{}, { limit: 1e9 }, "REVO_ARGUMENT_INVALID"],
    [{}, { limit: 1.5 }, "REVO_ARGUMENT_INVALID"],
    [{}, { order: "random" }, "REVO_ARGUMENT_INVALID"],
    [{}, { detail: "all" }, "REVO_ARGUMENT_INVALID"],
    [{}, { limti: 5 }, "REVO_OPTION_UNKNOWN"],
  ])("refuses %j with %j before it asks the storage", async (query, options: object, code) => {
    await using kit = await openMonitor();

    const attempt = kit.monitor.find(query as JobQuery, options);

    await expect(attempt).rejects.toMatchObject({ code });
    expect(kit.finds).toEqual([]);
  });
});

describe("redaction", () => {
  const redact = ["payload.invoiceId", "headers.authorization"];

  it("hides what must not be shown wherever a job is shown", async () => {
    await using kit = await openMonitor({ redact });
    const headers = { authorization: "Bearer secret", trace: "t" };
    const { id } = await kit.scheduler.enqueueJob(new SendInvoice("secret"), { headers });

    const shown = [
      await kit.monitor.job(id),
      (await kit.monitor.find({}, { detail: "full" })).jobs[0],
      (await kit.monitor.find({ ids: [id] }, { detail: "full" })).jobs[0],
    ];

    for (const job of shown) {
      expect(job?.payload).toEqual({ invoiceId: "[redacted]" });
      expect(job?.headers).toEqual({ authorization: "[redacted]", trace: "t" });
    }
    expect(JSON.stringify(shown)).not.toContain("secret");
  });

  it("comes before the search, so that nobody finds by guessing what he may not see", async () => {
    await using kit = await openMonitor({ redact });
    await kit.scheduler.enqueueJob(new SendInvoice("secret"));

    const found = await kit.monitor.find({ payloadText: "secret" });

    expect(found.jobs).toEqual([]);
  });
});
