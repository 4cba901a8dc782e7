import assert from "node:assert/strict";
import { enqueue, idsOf } from "../assertions.ts";
import { aClaim, aJob, aJobIn, MINUTE_MS, someJobs, toRelease, toRetry } from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { SeededChance } from "../seeded-chance.ts";
import { aServer } from "../server-driver.ts";

export const claimOrderCases: readonly ConformanceCase[] = [
  {
    id: "claim/fifo",
    title: "jobs of one band are given in the order in which they were enqueued",
    async run({ storage, advance }) {
      const batches = [someJobs(3), someJobs(3), someJobs(3)];
      for (const batch of batches) {
        await enqueue(storage, ...batch);
        await advance(5);
      }
      const server = await aServer(storage);

      const jobs = await server.claim();

      assert.deepEqual(idsOf(jobs), idsOf(batches.flat()));
    },
  },
  {
    id: "claim/fifo-over-ids",
    title: "the time of enqueueing decides, not the id",
    async run({ storage, advance }) {
      const [older, newer] = someJobs(2);
      assert.ok(older && newer);
      await enqueue(storage, newer);
      await advance(5);
      await enqueue(storage, older);
      const server = await aServer(storage);

      const jobs = await server.claim();

      assert.deepEqual(idsOf(jobs), [newer.id, older.id]);
    },
  },
  {
    id: "claim/priority",
    title: "priority 0 is first and 9 is last",
    async run({ storage }) {
      const priorities = [5, 9, 0, 3, 7, 1, 8, 2, 6, 4];
      await enqueue(storage, ...priorities.map((priority) => aJob({ priority })));
      const server = await aServer(storage);

      const jobs = await server.claim();

      assert.deepEqual(
        jobs.map((job) => job.priority),
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      );
    },
  },
  {
    id: "claim/priority-one-by-one",
    title: "a more urgent job that comes later is given before the ones that wait",
    async run({ storage, advance }) {
      await enqueue(storage, ...someJobs(3, { priority: 5 }));
      const server = await aServer(storage);
      await server.claimOne();
      await advance(MINUTE_MS);
      const urgent = aJob({ priority: 4 });
      await enqueue(storage, urgent);

      const next = await server.claimOne();

      assert.equal(next.id, urgent.id);
    },
  },
  {
    id: "claim/fifo-within-priority",
    title: "within each band the order of enqueueing holds",
    async run({ storage, advance }) {
      const jobs = [1, 0, 1, 0, 1].map((priority) => aJob({ priority }));
      for (const job of jobs) {
        await enqueue(storage, job);
        await advance(5);
      }
      const server = await aServer(storage);

      const claimed = await server.claim();

      const expected = [jobs[1], jobs[3], jobs[0], jobs[2], jobs[4]];
      assert.deepEqual(
        idsOf(claimed),
        expected.map((job) => job?.id),
      );
    },
  },
  {
    id: "claim/queues",
    title: "only the queues that were asked for give jobs",
    async run({ storage }) {
      const [a, b] = [aJob({ queue: "a" }), aJob({ queue: "b" })];
      await enqueue(storage, a, b);
      const server = await aServer(storage);

      const jobs = await server.claim(100, { queues: ["b", "c"] });

      assert.deepEqual(idsOf(jobs), [b.id]);
    },
  },
  {
    id: "claim/queue-order",
    title: "queues give in the order in which they are listed, whatever the priorities",
    async run({ storage }) {
      const [a, b] = [aJob({ queue: "a", priority: 0 }), aJob({ queue: "b", priority: 9 })];
      await enqueue(storage, a, b);
      const server = await aServer(storage);

      const jobs = await server.claim(100, { queues: ["b", "a"] });

      assert.deepEqual(idsOf(jobs), [b.id, a.id]);
    },
  },
  {
    id: "claim/queue-limit",
    title: "each queue gives up to its own limit",
    async run({ storage }) {
      await enqueue(
        storage,
        ...someJobs(5, { queue: "a" }),
        ...someJobs(5, { queue: "b" }),
        ...someJobs(5, { queue: "c" }),
      );
      const server = await aServer(storage);
      const queues = [
        { queue: "a", limit: 2 },
        { queue: "b", limit: 3 },
        { queue: "c", limit: 1 },
      ];

      const reply = await server.exchange({ claim: aClaim({ queues }) });

      assert.deepEqual(
        reply.jobs.map((job) => job.queue),
        ["a", "a", "b", "b", "b", "c"],
      );
    },
  },
  {
    id: "claim/total-limit",
    title: "the limit over all queues holds beside the limits of each",
    async run({ storage }) {
      await enqueue(storage, ...someJobs(5, { queue: "a" }), ...someJobs(5, { queue: "b" }));
      const server = await aServer(storage);
      const queues = [
        { queue: "a", limit: 3 },
        { queue: "b", limit: 3 },
      ];

      const reply = await server.exchange({ claim: aClaim({ queues, limit: 4 }) });

      assert.deepEqual(
        reply.jobs.map((job) => job.queue),
        ["a", "a", "a", "b"],
      );
    },
  },
  {
    id: "claim/many-queues",
    title: "a claim may name a hundred queues",
    async run({ storage }) {
      const names = Array.from({ length: 100 }, (_, index) => `queue-${index}`);
      await enqueue(storage, ...names.map((queue) => aJob({ queue })));
      const server = await aServer(storage);

      const jobs = await server.claim(100, { queues: names });

      assert.deepEqual(
        jobs.map((job) => job.queue),
        names,
      );
    },
  },
  {
    id: "claim/retry-at-tail",
    title: "a job that is retried at once goes behind what waits in its band",
    async run({ storage, advance }) {
      const jobs = someJobs(3);
      await enqueue(storage, ...jobs);
      const server = await aServer(storage);
      const first = await server.claimOne();
      await advance(5);

      await server.settle(first, toRetry(0));

      const [a, b, c] = idsOf(jobs);
      assert.deepEqual(idsOf(await server.claim()), [b, c, a]);
    },
  },
  {
    id: "claim/promoted-at-tail",
    title: "a job that became due goes behind what waits in its band",
    async run({ storage, advance }) {
      const due = aJobIn(MINUTE_MS);
      await enqueue(storage, due);
      const waiting = aJob();
      await enqueue(storage, waiting);
      await advance(MINUTE_MS);
      const server = await aServer(storage);

      const jobs = await server.claim();

      assert.deepEqual(idsOf(jobs), [waiting.id, due.id]);
    },
  },
  {
    id: "claim/released-keeps-place",
    title: "a released job comes before what was behind it",
    async run({ storage, advance }) {
      const jobs = someJobs(4);
      for (const job of jobs) {
        await enqueue(storage, job);
        await advance(5);
      }
      const server = await aServer(storage);
      const held = await server.claim(2);

      await server.settleAll(held, toRelease());

      assert.deepEqual(idsOf(await server.claim()), idsOf(jobs));
    },
  },
  {
    id: "claim/released-keeps-place-alone",
    title: "a released job comes before jobs that are still where they were, one claim at a time",
    async run({ storage, advance }) {
      const jobs = someJobs(4);
      for (const job of jobs) {
        await enqueue(storage, job);
        await advance(5);
      }
      const server = await aServer(storage);
      const [, second] = await server.claim(3);
      assert.ok(second);

      await server.settle(second, toRelease());
      const order = [await server.claimOne(), await server.claimOne()];

      assert.deepEqual(idsOf(order), [jobs[1]?.id, jobs[3]?.id]);
    },
  },
  {
    id: "claim/recovered-keeps-place",
    title: "recovered jobs come before what was behind them, in their old order",
    async run({ storage, advance }) {
      const jobs = someJobs(5);
      for (const job of jobs) {
        await enqueue(storage, job);
        await advance(5);
      }
      const dead = await aServer(storage);
      await dead.claim(3);

      await dead.recover();

      const server = await aServer(storage);
      assert.deepEqual(idsOf(await server.claim()), idsOf(jobs));
    },
  },
  {
    id: "claim/released-many",
    title: "many released jobs keep their places, in whatever order they were released",
    async run({ storage, advance }) {
      const jobs = someJobs(60);
      for (const job of jobs) {
        await enqueue(storage, job);
        await advance(1);
      }
      const server = await aServer(storage);
      const held = await server.claim(40);

      for (const job of new SeededChance(2).shuffled(held)) {
        await server.settle(job, toRelease());
      }

      const { jobs: listed } = await storage.monitor.find({
        filter: { states: ["enqueued"], queues: ["default"] },
        order: "natural",
        limit: 100,
        scanLimit: 1000,
        detail: "ids",
      });
      assert.deepEqual(idsOf(listed), idsOf(jobs));
      assert.deepEqual(idsOf(await server.claim()), idsOf(jobs));
    },
  },
  ...[
    { name: "limit", claim: { limit: 2 } },
    { name: "queue-limit", claim: { queues: [{ queue: "default", limit: 2 }] } },
    { name: "bytes", claim: { maxBytes: 40 } },
  ].map(
    ({ name, claim }): ConformanceCase => ({
      id: `claim/more-left-${name}`,
      title: `a claim cut short by its ${name} while jobs are left asks to come again at once`,
      async run({ storage }) {
        await enqueue(storage, ...someJobs(5, { payload: "x".repeat(20) }));
        const server = await aServer(storage);

        const reply = await server.exchange({ claim: aClaim(claim) });

        assert.equal(reply.jobs.length, 2);
        assert.equal(reply.nextClaimInMs, 0);
      },
    }),
  ),
  {
    id: "claim/nothing-left",
    title: "a claim that took the last job names no time to ask again",
    async run({ storage }) {
      await enqueue(storage, ...someJobs(3));
      const server = await aServer(storage);

      const reply = await server.exchange({ claim: aClaim({ limit: 10 }) });

      assert.equal(reply.jobs.length, 3);
      assert.equal(reply.nextClaimInMs, null);
    },
  },
];
