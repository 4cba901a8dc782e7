import assert from "node:assert/strict";
import {
  assertRemaining,
  assertStamped,
  enqueue,
  enqueueOne,
  idsOf,
  nowOf,
  recordOf,
  stateOf,
} from "../assertions.ts";
import { aJob, aUniqueJob, HOUR_MS, MINUTE_MS, toFail, toSucceed } from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer } from "../server-driver.ts";

export const uniqueReplaceCases: readonly ConformanceCase[] = [
  {
    id: "unique/replace-content",
    title: "replace: a waiting holder takes payload, envelope, tags and priority; all else is kept",
    async run({ storage, advance }) {
      const holder = aUniqueJob({}, { queue: "a", type: "one", maxAttempts: 3, tags: ["old"] });
      await enqueue(storage, holder);
      const before = await recordOf(storage, holder.id);
      await advance(MINUTE_MS);
      const content = { payload: '"new"', envelope: '{"v":2}', tags: ["new"], priority: 1 };
      const newcomer = aUniqueJob(
        { onConflict: "replace" },
        { queue: "b", type: "two", maxAttempts: 9, ...content },
      );

      const result = await enqueueOne(storage, newcomer);

      assert.deepEqual(result, { kind: "replaced", jobId: holder.id });
      assert.equal(await stateOf(storage, newcomer.id), null);
      const after = await recordOf(storage, holder.id);
      assert.equal(after.queue, "a");
      assert.equal(after.type, "one");
      assert.equal(after.maxAttempts, 3);
      assert.deepEqual(after.createdAt, before.createdAt);
      assert.deepEqual(after.tags, ["new"]);
      assert.equal(after.priority, 1);
      assert.deepEqual(after.texts, { payload: '"new"', envelope: '{"v":2}' });
    },
  },
  {
    id: "unique/replace-claimed-content",
    title: "replace: the claim after it gives the new content once, in the new band",
    async run({ storage }) {
      const holder = aUniqueJob({}, { payload: '"old"', priority: 8 });
      await enqueue(storage, holder, aJob({ priority: 5 }));
      await enqueueOne(
        storage,
        aUniqueJob({ onConflict: "replace" }, { payload: '"new"', priority: 0 }),
      );
      const server = await aServer(storage);

      const jobs = await server.claim();

      assert.equal(jobs.length, 2);
      assert.equal(jobs[0]?.id, holder.id);
      assert.equal(jobs[0].payload, '"new"');
      assert.equal(jobs[0].priority, 0);
    },
  },
  {
    id: "unique/replace-later",
    title: "replace: an enqueued holder takes a later start and becomes scheduled",
    async run({ storage, slackMs }) {
      const nowMs = await nowOf(storage);
      const holder = aUniqueJob({});
      await enqueue(storage, holder);

      await enqueueOne(
        storage,
        aUniqueJob({ onConflict: "replace" }, { start: { kind: "delay", delayMs: HOUR_MS } }),
      );

      const record = await recordOf(storage, holder.id);
      assert.equal(record.state, "scheduled");
      assertStamped(record.dueAt, nowMs + HOUR_MS, slackMs);
      const server = await aServer(storage);
      assert.deepEqual(await server.claim(), []);
    },
  },
  {
    id: "unique/replace-debounce",
    title: "replace: a scheduled holder takes the new delay, so that repeated calls put it off",
    async run({ storage, advance, slackMs }) {
      const start = { kind: "delay", delayMs: 10 * MINUTE_MS } as const;
      await enqueue(storage, aUniqueJob({}, { start }));
      await advance(9 * MINUTE_MS);

      await enqueueOne(storage, aUniqueJob({ onConflict: "replace" }, { start }));

      const { nextDueInMs } = await storage.upkeep.promote(100);
      assertRemaining(nextDueInMs, 10 * MINUTE_MS, slackMs);
    },
  },
  {
    id: "unique/replace-sooner",
    title: "replace: a scheduled holder that is to start now becomes enqueued",
    async run({ storage }) {
      const holder = aUniqueJob({}, { start: { kind: "delay", delayMs: HOUR_MS } });
      await enqueue(storage, holder);

      await enqueueOne(storage, aUniqueJob({ onConflict: "replace" }));

      assert.equal(await stateOf(storage, holder.id), "enqueued");
      const server = await aServer(storage);
      assert.equal((await server.claimOne()).id, holder.id);
    },
  },
  {
    id: "unique/replace-not-processing",
    title: "replace: a processing holder is never touched; the newcomer is a duplicate",
    async run({ storage }) {
      const holder = aUniqueJob({});
      await enqueue(storage, holder);
      const server = await aServer(storage);
      await server.claimOne();
      const before = await recordOf(storage, holder.id);

      const result = await enqueueOne(
        storage,
        aUniqueJob({ onConflict: "replace" }, { payload: '"new"' }),
      );

      assert.deepEqual(result, { kind: "duplicate", jobId: holder.id });
      assert.deepEqual(await recordOf(storage, holder.id), before);
    },
  },
  ...[toSucceed(), toFail()].map(
    (outcome): ConformanceCase => ({
      id: `unique/replace-not-after-${outcome.kind}`,
      title: `replace: a finished holder is never touched (${outcome.kind})`,
      async run({ storage }) {
        const holder = aUniqueJob({ scope: "retained" });
        await enqueue(storage, holder);
        const server = await aServer(storage);
        await server.settle(await server.claimOne(), outcome);
        const before = await recordOf(storage, holder.id);

        const result = await enqueueOne(
          storage,
          aUniqueJob({ scope: "retained", onConflict: "replace" }),
        );

        assert.deepEqual(result, { kind: "duplicate", jobId: holder.id });
        assert.deepEqual(await recordOf(storage, holder.id), before);
      },
    }),
  ),
  {
    id: "unique/replace-in-batch",
    title: "replace: within a batch the later job replaces what the earlier one stored",
    async run({ storage }) {
      const first = aUniqueJob({}, { payload: '"first"' });
      const second = aUniqueJob({ onConflict: "replace" }, { payload: '"second"' });

      const results = await storage.enqueue({ jobs: [first, second] });

      assert.deepEqual(results, [{ kind: "created" }, { kind: "replaced", jobId: first.id }]);
      assert.equal((await recordOf(storage, first.id)).texts?.payload, '"second"');
    },
  },
  {
    id: "unique/replace-without-holder",
    title: "replace: without a holder the job is created like any other",
    async run({ storage }) {
      const job = aUniqueJob({ onConflict: "replace" });

      const result = await enqueueOne(storage, job);

      assert.deepEqual(result, { kind: "created" });
      assert.deepEqual(await storage.monitor.holders(["invoice-42"]), [job.id]);
    },
  },
  {
    id: "unique/replace-keeps-key",
    title: "replace: the holder keeps the key and remains the only job",
    async run({ storage }) {
      const holder = aUniqueJob({});
      await enqueue(storage, holder);

      for (let call = 0; call < 5; call++) {
        await enqueueOne(storage, aUniqueJob({ onConflict: "replace" }));
      }

      assert.deepEqual(await storage.monitor.holders(["invoice-42"]), [holder.id]);
      const server = await aServer(storage);
      assert.deepEqual(idsOf(await server.claim()), [holder.id]);
    },
  },
];
