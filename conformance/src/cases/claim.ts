import assert from "node:assert/strict";
import {
  assertElapsed,
  assertSameItems,
  assertStamped,
  enqueue,
  idsOf,
  nowOf,
  recordOf,
  stateOf,
  statesOf,
} from "../assertions.ts";
import { aClaim, aJob, aJobIn, anId, HOUR_MS, MINUTE_MS, someJobs, toRetry } from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer } from "../server-driver.ts";

export const claimCases: readonly ConformanceCase[] = [
  {
    id: "claim/content",
    title: "a claimed job carries all that is needed to run it",
    async run({ storage }) {
      const job = aJob({
        type: "send",
        queue: "mail",
        priority: 3,
        payload: '{"to":"a@b.c"}',
        envelope: '{"v":3}',
        maxAttempts: 7,
        maxCrashes: 2,
      });
      await enqueue(storage, job);
      const server = await aServer(storage);

      const claimed = await server.claimOne({ queues: ["mail"] });

      const { start: _start, tags: _tags, ...expected } = job;
      assert.deepEqual({ ...claimed, ...expected }, claimed);
      assert.equal(claimed.attempt, 1);
      assert.equal(claimed.crashes, 0);
      assert.equal(claimed.releases, 0);
    },
  },
  {
    id: "claim/record",
    title: "a claim makes the job processing under its server and counts the attempt",
    async run({ storage, advance, slackMs }) {
      const job = aJob();
      await enqueue(storage, job);
      await advance(MINUTE_MS);
      const nowMs = await nowOf(storage);
      const server = await aServer(storage);

      await server.claimOne();

      const record = await recordOf(storage, job.id);
      assert.equal(record.state, "processing");
      assert.equal(record.serverId, server.id);
      assert.equal(record.attempt, 1);
      assertStamped(record.startedAt, nowMs, slackMs);
    },
  },
  {
    id: "claim/nothing",
    title: "a claim from an empty store gives nothing and names no time to ask again",
    async run({ storage }) {
      const server = await aServer(storage);

      const reply = await server.exchange({ claim: aClaim() });

      assert.deepEqual(reply.jobs, []);
      assert.equal(reply.lease, "held");
      assert.equal(reply.nextClaimInMs, null);
    },
  },
  {
    id: "claim/settle-only",
    title: "an exchange without `claim` gives no jobs",
    async run({ storage }) {
      const job = aJob();
      await enqueue(storage, job);
      const server = await aServer(storage);

      const reply = await server.exchange();

      assert.deepEqual(reply.jobs, []);
      assert.equal(await stateOf(storage, job.id), "enqueued");
    },
  },
  {
    id: "claim/limit",
    title: "a claim gives no more than its limit and leaves the rest where it was",
    async run({ storage }) {
      const jobs = someJobs(5);
      await enqueue(storage, ...jobs);
      const server = await aServer(storage);

      const reply = await server.exchange({ claim: aClaim({ limit: 3 }) });

      assert.deepEqual(idsOf(reply.jobs), idsOf(jobs.slice(0, 3)));
      assert.deepEqual(await statesOf(storage, jobs.slice(3)), ["enqueued", "enqueued"]);
    },
  },
  {
    id: "claim/largest-limit",
    title: "a claim of the greatest size gives that many jobs",
    async run({ storage }) {
      const count = Math.min(storage.capabilities.maxBatch, 1000);
      const jobs = someJobs(count + 1);
      await enqueue(storage, ...jobs);
      const server = await aServer(storage);

      const reply = await server.exchange({
        claim: aClaim({ limit: count, queues: [{ queue: "default", limit: count }] }),
      });

      assert.deepEqual(idsOf(reply.jobs), idsOf(jobs.slice(0, count)));
    },
  },
  {
    id: "claim/two-at-once",
    title: "two concurrent claims never give the same job",
    async run({ storage, second }) {
      const jobs = someJobs(20);
      await enqueue(storage, ...jobs);
      const servers = [await aServer(storage), await aServer(await second())];

      const claims = await Promise.all(servers.map((server) => server.claim(20)));

      assertSameItems(idsOf(claims.flat()), idsOf(jobs));
    },
  },
  {
    id: "claim/same-server-at-once",
    title: "two overlapping claims of one server never give the same job",
    async run({ storage }) {
      const jobs = someJobs(20);
      await enqueue(storage, ...jobs);
      const server = await aServer(storage);

      const claims = await Promise.all([server.claim(10), server.claim(10)]);

      assertSameItems(idsOf(claims.flat()), idsOf(jobs));
    },
  },
  {
    id: "claim/held-not-again",
    title: "a job that is held is not given again, however long it takes",
    async run({ storage, advance }) {
      await enqueue(storage, aJob());
      const [holder, other] = [await aServer(storage), await aServer(storage)];
      await holder.claimOne();

      await advance(24 * HOUR_MS);

      assert.deepEqual(await other.claim(), []);
      assert.deepEqual(await holder.claim(), []);
    },
  },
  {
    id: "claim/not-due",
    title: "a claim does not give a job that is not due",
    async run({ storage }) {
      const job = aJobIn(HOUR_MS);
      await enqueue(storage, job);
      const server = await aServer(storage);

      const jobs = await server.claim();

      assert.deepEqual(jobs, []);
      assert.equal(await stateOf(storage, job.id), "scheduled");
    },
  },
  {
    id: "claim/attempt-counts",
    title: "each claim counts one attempt",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const attempts: number[] = [];

      for (let run = 0; run < 4; run++) {
        const job = await server.claimOne();
        attempts.push(job.attempt);
        await server.settle(job, toRetry(0));
      }

      assert.deepEqual(attempts, [1, 2, 3, 4]);
    },
  },
  {
    id: "claim/unknown-server",
    title: "a server that was never registered gets no jobs and is told that its lease is lost",
    async run({ storage }) {
      const job = aJob();
      await enqueue(storage, job);

      const reply = await storage.exchange({ serverId: anId(), settle: [], claim: aClaim() });

      assert.deepEqual(reply.jobs, []);
      assert.equal(reply.lease, "lost");
      const record = await recordOf(storage, job.id);
      assert.equal(record.state, "enqueued");
      assert.equal(record.attempt, 0);
    },
  },
  {
    id: "claim/unregistered-server",
    title: "a server that was unregistered gets no jobs any more",
    async run({ storage }) {
      const job = aJob();
      await enqueue(storage, job);
      const server = await aServer(storage);
      await server.unregister();

      const reply = await server.exchange({ claim: aClaim() });

      assert.deepEqual(reply.jobs, []);
      assert.equal(reply.lease, "lost");
      assert.equal(await stateOf(storage, job.id), "enqueued");
    },
  },
  {
    id: "claim/waited",
    title: "`waitedMs` is the time since the job was enqueued, by the storage's clock",
    async run({ storage, advance, slackMs }) {
      await enqueue(storage, aJob());
      await advance(90_000);
      const server = await aServer(storage);

      const job = await server.claimOne();

      assertElapsed(job.waitedMs, 90_000, slackMs);
    },
  },
  {
    id: "claim/waited-after-due",
    title: "`waitedMs` of a scheduled job begins when it became enqueued",
    async run({ storage, advance, slackMs }) {
      await enqueue(storage, aJobIn(HOUR_MS));
      await advance(HOUR_MS);
      await storage.upkeep.promote(100);
      await advance(MINUTE_MS);
      const server = await aServer(storage);

      const job = await server.claimOne();

      assertElapsed(job.waitedMs, MINUTE_MS, slackMs);
    },
  },
  {
    id: "claim/bytes",
    title: "a claim stops before the job whose payload would exceed `maxBytes`",
    async run({ storage }) {
      const jobs = someJobs(4, { payload: "x".repeat(400) });
      await enqueue(storage, ...jobs);
      const server = await aServer(storage);

      const reply = await server.exchange({ claim: aClaim({ maxBytes: 1000 }) });

      assert.deepEqual(idsOf(reply.jobs), idsOf(jobs.slice(0, 2)));
      assert.deepEqual(await statesOf(storage, jobs.slice(2)), ["enqueued", "enqueued"]);
    },
  },
  {
    id: "claim/bytes-exact",
    title: "payloads of exactly `maxBytes` fit",
    async run({ storage }) {
      const jobs = someJobs(3, { payload: "x".repeat(500) });
      await enqueue(storage, ...jobs);
      const server = await aServer(storage);

      const reply = await server.exchange({ claim: aClaim({ maxBytes: 1000 }) });

      assert.deepEqual(idsOf(reply.jobs), idsOf(jobs.slice(0, 2)));
    },
  },
  {
    id: "claim/bytes-stops",
    title: "a claim stops at the job that would exceed `maxBytes` and does not pass it over",
    async run({ storage }) {
      const [first, big, last] = [
        aJob({ payload: "1" }),
        aJob({ payload: "x".repeat(5000) }),
        aJob({ payload: "3" }),
      ];
      await enqueue(storage, first, big, last);
      const server = await aServer(storage);

      const reply = await server.exchange({ claim: aClaim({ maxBytes: 1000 }) });
      const next = await server.exchange({ claim: aClaim({ maxBytes: 1000 }) });

      assert.deepEqual(idsOf(reply.jobs), [first.id]);
      assert.equal(next.jobs[0]?.id, big.id);
    },
  },
  {
    id: "claim/bytes-at-least-one",
    title: "`maxBytes` never keeps the first job back",
    async run({ storage }) {
      const jobs = someJobs(2, { payload: "x".repeat(5000) });
      await enqueue(storage, ...jobs);
      const server = await aServer(storage);

      const reply = await server.exchange({ claim: aClaim({ maxBytes: 1 }) });

      assert.deepEqual(idsOf(reply.jobs), [jobs[0]?.id]);
    },
  },
  {
    id: "claim/bytes-utf8",
    title: "`maxBytes` counts bytes of UTF-8, not characters",
    async run({ storage }) {
      const jobs = someJobs(3, { payload: "ž".repeat(400) });
      await enqueue(storage, ...jobs);
      const server = await aServer(storage);

      const reply = await server.exchange({ claim: aClaim({ maxBytes: 1700 }) });

      assert.deepEqual(idsOf(reply.jobs), idsOf(jobs.slice(0, 2)));
    },
  },
  {
    id: "claim/bytes-over-queues",
    title: "a claim that `maxBytes` stopped takes nothing from the queues behind",
    async run({ storage }) {
      const first = someJobs(3, { queue: "a", payload: "x".repeat(400) });
      const small = aJob({ queue: "b", payload: "1" });
      await enqueue(storage, ...first, small);
      const server = await aServer(storage);
      const queues = ["a", "b"].map((queue) => ({ queue, limit: 100 }));

      const reply = await server.exchange({ claim: aClaim({ queues, maxBytes: 1000 }) });

      assert.deepEqual(idsOf(reply.jobs), idsOf(first.slice(0, 2)));
    },
  },
];
