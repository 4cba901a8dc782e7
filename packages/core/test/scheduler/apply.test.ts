import { describe, expect, it } from "vitest";
import type { JobQuery } from "../../src/search/job-query.ts";
import type { BulkAction, BulkResult } from "../../src/scheduler/bulk-action.ts";
import { openScheduler, ResizeImage, SendInvoice, type SchedulerKit } from "./scheduler-kit.ts";

async function applyToAll(
  { scheduler }: SchedulerKit,
  action: BulkAction,
  query: JobQuery,
  limit: number,
): Promise<readonly BulkResult[]> {
  const results: BulkResult[] = [];
  let after: string | null = null;
  do {
    const result: BulkResult = await scheduler.apply(action, query, { limit, after });
    results.push(result);
    after = result.next;
    if (results.length > 100) throw new Error("apply does not come to an end");
  } while (after !== null);
  return results;
}

const sum = (results: readonly BulkResult[], field: "matched" | "changed" | "conflicts"): number =>
  results.reduce((total, result) => total + result[field], 0);

describe("apply", () => {
  it("does something to all that match, chunk by chunk", async () => {
    await using kit = await openScheduler();
    await kit.scheduler.enqueueJobs([
      ...Array.from({ length: 25 }, () => ({ job: new SendInvoice(), tags: ["vip"] })),
      ...Array.from({ length: 25 }, () => new SendInvoice()),
    ]);

    const results = await applyToAll(kit, { kind: "delete" }, { tags: ["vip"] }, 10);

    expect(results.length).toBeGreaterThan(2);
    expect(results.every(({ matched }) => matched <= 10)).toBe(true);
    expect([sum(results, "matched"), sum(results, "changed")]).toEqual([25, 25]);
    expect(await kit.claim(100)).toHaveLength(25);
  });

  it.each<BulkAction>([
    { kind: "move", priority: 0 },
    { kind: "move", priority: 9 },
    { kind: "move", queue: "zzz" },
    { kind: "reschedule", at: { delay: "1 h" } },
  ])("comes to an end though what it changes goes to another place in line: %j", async (action) => {
    await using kit = await openScheduler();
    await kit.scheduler.enqueueJobs(Array.from({ length: 30 }, () => new SendInvoice()));

    const results = await applyToAll(kit, action, { states: ["enqueued"] }, 7);

    expect(sum(results, "changed")).toBe(30);
  });

  it("requeues failed jobs and leaves the others alone", async () => {
    await using kit = await openScheduler();
    await kit.scheduler.enqueueJobs([
      new SendInvoice("1"),
      new SendInvoice("2"),
      new SendInvoice("3"),
    ]);
    await kit.fail();
    await kit.fail();
    await kit.succeed();

    const result = await kit.scheduler.apply({ kind: "requeue" }, { states: ["failed"] });

    expect(result).toMatchObject({ matched: 2, changed: 2, conflicts: 0, next: null });
    expect(await kit.claim(10)).toHaveLength(2);
  });

  it("neither runs again nor deletes what has succeeded, unless the query names that state", async () => {
    await using kit = await openScheduler();
    const handle = await kit.scheduler.enqueueJob(new SendInvoice());
    await kit.succeed();
    const query = { types: ["send-invoice"] };

    const unasked = [
      await kit.scheduler.apply({ kind: "requeue" }, query),
      await kit.scheduler.apply({ kind: "delete" }, query),
    ];
    const asked = await kit.scheduler.apply({ kind: "requeue" }, { states: ["succeeded"] });

    expect(unasked.map(({ matched }) => matched)).toEqual([0, 0]);
    expect(asked.changed).toBe(1);
    expect(await kit.scheduler.getJob(handle)).toMatchObject({ state: "enqueued" });
  });

  it("runs scheduled jobs now", async () => {
    await using kit = await openScheduler();
    await kit.scheduler.enqueueJob(new SendInvoice(), { delay: "1 h" });
    await kit.scheduler.enqueueJob(new ResizeImage(), { delay: "1 h" });

    const result = await kit.scheduler.apply({ kind: "runNow" }, { types: ["send-invoice"] });

    expect(result.changed).toBe(1);
    expect(await kit.claim(10)).toMatchObject([{ type: "send-invoice" }]);
  });

  it("acts only from the states that the action and the query have in common", async () => {
    await using kit = await openScheduler();
    await kit.scheduler.enqueueJobs([new SendInvoice(), { job: new SendInvoice(), delay: "1 h" }]);

    const result = await kit.scheduler.apply(
      { kind: "delete" },
      { states: ["scheduled", "deleted"] },
    );

    expect(result).toMatchObject({ matched: 1, changed: 1 });
  });

  it("counts what changed state meanwhile as a conflict", async () => {
    await using kit = await openScheduler({
      wrap: (storage) => ({
        monitor: {
          ...storage.monitor,
          find: async (request) => {
            const page = await storage.monitor.find(request);
            await kit.claim(1);
            return page;
          },
        },
      }),
    });
    await kit.scheduler.enqueueJobs([new SendInvoice(), new SendInvoice()]);

    const result = await kit.scheduler.apply(
      { kind: "move", priority: 0 },
      { states: ["enqueued"] },
    );

    expect(result).toMatchObject({ matched: 2, changed: 1, conflicts: 1 });
  });

  it("leaves a job alone that has succeeded since it was found", async () => {
    await using kit = await openScheduler({
      wrap: (storage) => ({
        monitor: {
          ...storage.monitor,
          find: async (request) => {
            const page = await storage.monitor.find(request);
            await kit.succeed();
            return page;
          },
        },
      }),
    });
    const handle = await kit.scheduler.enqueueJob(new SendInvoice());

    const result = await kit.scheduler.apply({ kind: "delete" }, { types: ["send-invoice"] });

    expect(result).toMatchObject({ matched: 1, changed: 0, conflicts: 1 });
    expect(await kit.scheduler.getJob(handle)).toMatchObject({ state: "succeeded" });
  });

  it("tests what the storage can't tell, and stops at the limit of rows", async () => {
    await using kit = await openScheduler({ capabilities: { filters: { states: "indexed" } } });
    const jobs = Array.from({ length: 50 }, (_, i) => ({
      job: new SendInvoice(String(i)),
      tags: i % 10 === 0 ? ["vip"] : [],
    }));
    await kit.scheduler.enqueueJobs(jobs);

    const first = await kit.scheduler.apply(
      { kind: "delete" },
      { tags: ["vip"] },
      { limit: 10, scanLimit: 20 },
    );
    const rest = await kit.scheduler.apply(
      { kind: "delete" },
      { tags: ["vip"] },
      { limit: 10, scanLimit: 100, after: first.next! },
    );

    expect(first).toMatchObject({ matched: 2, changed: 2, scanned: 20 });
    expect(rest).toMatchObject({ matched: 3, changed: 3, next: null });
  });

  it("stops at the limit of rows also when the storage looks at none", async () => {
    await using kit = await openScheduler({
      wrap: (storage) => ({
        monitor: {
          ...storage.monitor,
          find: () => Promise.resolve({ jobs: [], next: "further", scanned: 0 }),
        },
      }),
    });

    const result = await kit.scheduler.apply(
      { kind: "delete" },
      { states: ["failed"] },
      { limit: 5 },
    );

    expect(result).toMatchObject({ matched: 0, scanned: 50 });
    expect(result.next).not.toBeNull();
  });

  it("stops exactly at its limit where core tests the rows, and goes on from there", async () => {
    await using kit = await openScheduler({ capabilities: { filters: {} } });
    await kit.scheduler.enqueueJobs(Array.from({ length: 20 }, () => new SendInvoice()));

    const results = await applyToAll(kit, { kind: "delete" }, { types: ["send-invoice"] }, 3);

    expect(results.every(({ matched }) => matched <= 3)).toBe(true);
    expect(sum(results, "changed")).toBe(20);
  });

  it("refuses a query without a field: it would mean every job", async () => {
    await using kit = await openScheduler();

    const attempt = kit.scheduler.apply({ kind: "delete" }, {});

    await expect(attempt).rejects.toMatchObject({ code: "REVO_FILTER_REQUIRED" });
    expect(kit.calls).toEqual([]);
  });

  it("refuses a cursor that is damaged or another query's", async () => {
    await using kit = await openScheduler();
    await kit.scheduler.enqueueJobs(Array.from({ length: 5 }, () => new SendInvoice()));
    const { next } = await kit.scheduler.apply(
      { kind: "delete" },
      { states: ["enqueued"] },
      { limit: 1 },
    );
    kit.calls.length = 0;

    for (const [query, after] of [
      [{ states: ["scheduled"] }, next!],
      [{ states: ["enqueued"] }, `${next!.slice(0, -4)}AAAA`],
      [{ states: ["enqueued"] }, "rubbish"],
      [{ states: ["enqueued"] }, ""],
    ] as const) {
      const attempt = kit.scheduler.apply({ kind: "delete" }, query, { after });
      await expect(attempt).rejects.toMatchObject({ code: "REVO_CURSOR_INVALID" });
    }
  });

  it.each([
    [{ kind: "obliterate" }, {}, {}, "REVO_ARGUMENT_INVALID"],
    [undefined, {}, {}, "REVO_ARGUMENT_INVALID"],
    [{ kind: "move" }, {}, {}, "REVO_ARGUMENT_INVALID"],
    [{ kind: "move", priority: 11 }, {}, {}, "REVO_ARGUMENT_INVALID"],
    [{ kind: "delete", force: true }, {}, {}, "REVO_OPTION_UNKNOWN"],
    [{ kind: "reschedule", at: "soon" }, {}, {}, "REVO_TIME_INVALID"],
    [{ kind: "delete" }, { state: ["failed"] }, {}, "REVO_OPTION_UNKNOWN"],
    [{ kind: "delete" }, { states: ["broken"] }, {}, "REVO_ARGUMENT_INVALID"],
    [{ kind: "delete" }, { states: "failed" }, {}, "REVO_ARGUMENT_INVALID"],
    [{ kind: "delete" }, { createdAt: { from: "now" } }, {}, "REVO_ARGUMENT_INVALID"],
    [{ kind: "delete" }, { errorText: "" }, {}, "REVO_ARGUMENT_INVALID"],
    [{ kind: "delete" }, { keys: ["k".repeat(600)] }, {}, "REVO_KEY_INVALID"],
    [{ kind: "delete" }, { states: ["failed"] }, { limit: 0 }, "REVO_ARGUMENT_INVALID"],
    [{ kind: "delete" }, { states: ["failed"] }, { limit: 1e9 }, "REVO_ARGUMENT_INVALID"],
    [{ kind: "delete" }, { states: ["failed"] }, { scanLimit: 5 }, "REVO_ARGUMENT_INVALID"],
  ])(
    "refuses %j of %j with %j before it asks the storage",
    async (action, query, options, code) => {
      await using kit = await openScheduler();

      const attempt = kit.scheduler.apply(action as never, query as never, options);

      await expect(attempt).rejects.toMatchObject({ code });
      expect(kit.calls).toEqual([]);
    },
  );
});
