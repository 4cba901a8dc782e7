import assert from "node:assert/strict";
import {
  assertRemaining,
  assertSameItems,
  assertStamped,
  enqueue,
  idsOf,
  nowOf,
  recordOf,
  stateOf,
  statesOf,
} from "../assertions.ts";
import {
  aClaim,
  aJob,
  aJobIn,
  HOUR_MS,
  MINUTE_MS,
  someJobs,
  toRelease,
  toRetry,
  anAct,
  aToken,
} from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { SeededChance } from "../seeded-chance.ts";
import { aServer } from "../server-driver.ts";

const delayed = { start: { kind: "delay", delayMs: MINUTE_MS } } as const;

export const dueCases: readonly ConformanceCase[] = [
  {
    id: "due/promote",
    title: "promote makes due jobs enqueued as of now and says how many",
    async run({ storage, advance, slackMs }) {
      const job = aJobIn(MINUTE_MS);
      await enqueue(storage, job);
      await advance(HOUR_MS);
      const nowMs = await nowOf(storage);

      const reply = await storage.upkeep.promote(100);

      assert.deepEqual(reply, { promoted: 1, nextDueInMs: null });
      const record = await recordOf(storage, job.id);
      assert.equal(record.state, "enqueued");
      assertStamped(record.enqueuedAt, nowMs, slackMs);
    },
  },
  {
    id: "due/promote-nothing",
    title: "promote leaves jobs alone that are not due",
    async run({ storage, slackMs }) {
      const job = aJobIn(HOUR_MS);
      await enqueue(storage, job);

      const reply = await storage.upkeep.promote(100);

      assert.equal(reply.promoted, 0);
      assertRemaining(reply.nextDueInMs, HOUR_MS, slackMs);
      assert.equal(await stateOf(storage, job.id), "scheduled");
    },
  },
  {
    id: "due/promote-empty",
    title: "promote on an empty store moves nothing and names no time",
    async run({ storage }) {
      const reply = await storage.upkeep.promote(100);

      assert.deepEqual(reply, { promoted: 0, nextDueInMs: null });
    },
  },
  {
    id: "due/promote-limit",
    title: "promote moves no more than its limit, earliest due first, and says that more is due",
    async run({ storage, advance }) {
      const jobs = [3, 1, 2, 4].map((minutes) => aJobIn(minutes * MINUTE_MS));
      await enqueue(storage, ...jobs);
      await advance(HOUR_MS);

      const reply = await storage.upkeep.promote(2);

      assert.deepEqual(reply, { promoted: 2, nextDueInMs: 0 });
      assert.deepEqual(await statesOf(storage, jobs), [
        "scheduled",
        "enqueued",
        "enqueued",
        "scheduled",
      ]);
    },
  },
  {
    id: "due/order",
    title: "due jobs are given in the order of their times",
    async run({ storage, advance }) {
      const minutes = [5, 2, 4, 1, 3];
      const jobs = minutes.map((minute) => aJobIn(minute * MINUTE_MS));
      await enqueue(storage, ...jobs);
      await advance(HOUR_MS);
      const server = await aServer(storage);

      const claimed = await server.claim();

      const expected = [jobs[3], jobs[1], jobs[4], jobs[2], jobs[0]];
      assert.deepEqual(
        idsOf(claimed),
        expected.map((job) => job?.id),
      );
    },
  },
  {
    id: "due/next-claim",
    title: "`nextClaimInMs` is the time until the next due job, to the millisecond",
    async run({ storage, advance, slackMs }) {
      await enqueue(storage, aJobIn(HOUR_MS), aJobIn(90_001));
      const server = await aServer(storage);

      const first = await server.exchange({ claim: aClaim() });
      await advance(30_000);
      const second = await server.exchange({ claim: aClaim() });

      assertRemaining(first.nextClaimInMs, 90_001, slackMs);
      assertRemaining(second.nextClaimInMs, 60_001, slackMs);
    },
  },
  {
    id: "due/next-claim-any-queue",
    title: "`nextClaimInMs` speaks of the next due job of any queue",
    async run({ storage, slackMs }) {
      await enqueue(storage, aJobIn(HOUR_MS), aJobIn(MINUTE_MS, { queue: "other" }));
      const server = await aServer(storage);

      const reply = await server.exchange({ claim: aClaim() });

      assertRemaining(reply.nextClaimInMs, MINUTE_MS, slackMs);
    },
  },
  {
    id: "due/next-claim-after-retry",
    title: "`nextClaimInMs` counts a retry that was settled by the same call or before",
    async run({ storage, slackMs }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      await server.settle(await server.claimOne(), toRetry(5 * MINUTE_MS));

      const reply = await server.exchange({ claim: aClaim() });

      assertRemaining(reply.nextClaimInMs, 5 * MINUTE_MS, slackMs);
    },
  },
  {
    id: "due/ask-at-next-claim",
    title: "who asks again after `nextClaimInMs` gets the job",
    async run({ storage, advance }) {
      const job = aJobIn(7 * MINUTE_MS);
      await enqueue(storage, job);
      const server = await aServer(storage);
      const { nextClaimInMs } = await server.exchange({ claim: aClaim() });
      assert.ok(nextClaimInMs !== null);

      await advance(nextClaimInMs);

      assert.equal((await server.claimOne()).id, job.id);
    },
  },
  {
    id: "due/retry-by-storage-clock",
    title: "a retry waits for its delay by the storage's clock",
    async run({ storage, advance, slackMs }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const nowMs = await nowOf(storage);
      const job = await server.claimOne();

      await server.settle(job, toRetry(10 * MINUTE_MS));

      assertStamped((await recordOf(storage, job.id)).dueAt, nowMs + 10 * MINUTE_MS, slackMs);
      await advance(10 * MINUTE_MS - slackMs - 1);
      assert.deepEqual(await server.claim(), []);
      await advance(slackMs + 1);
      assert.equal((await server.claimOne()).id, job.id);
    },
  },
  {
    id: "due/release-by-storage-clock",
    title: "a delayed release waits for its delay by the storage's clock",
    async run({ storage, advance, slackMs }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();

      await server.settle(job, toRelease({ delayMs: 10 * MINUTE_MS }));

      await advance(10 * MINUTE_MS - slackMs - 1);
      assert.deepEqual(await server.claim(), []);
      await advance(slackMs + 1);
      assert.equal((await server.claimOne()).id, job.id);
    },
  },
  {
    id: "due/promote-race",
    title: "jobs that many callers promote at once are each given once",
    async run({ storage, advance, second }) {
      const jobs = someJobs(20, delayed);
      await enqueue(storage, ...jobs);
      await advance(MINUTE_MS);
      const other = await second();
      const servers = [await aServer(storage), await aServer(other)];

      const runs = await Promise.all([
        storage.upkeep.promote(100),
        ...servers.map((server) => server.claim()),
        other.upkeep.promote(100),
      ]);
      const claimed = runs.filter((run) => Array.isArray(run)).flat();
      for (const server of servers) {
        for (const job of claimed) await server.settle(job, { kind: "succeed", retainMs: HOUR_MS });
      }
      const rest = await servers[0]?.claim();

      assertSameItems(idsOf([...claimed, ...(rest ?? [])]), idsOf(jobs));
    },
  },
  {
    id: "due/promote-counts-race",
    title: "concurrent promotes count each job once",
    async run({ storage, advance, second }) {
      await enqueue(storage, ...someJobs(50, delayed));
      await advance(MINUTE_MS);
      const clients = [storage, await second()];

      const replies = await Promise.all(
        Array.from({ length: 8 }, (_, index) => (clients[index % 2] ?? storage).upkeep.promote(20)),
      );

      const promoted = replies.reduce((sum, reply) => sum + reply.promoted, 0);
      const { promoted: rest } = await storage.upkeep.promote(100);
      assert.equal(promoted + rest, 50);
    },
  },
  {
    id: "due/order-many",
    title:
      "many due jobs are promoted in the order of their times, whatever was put off or deleted before",
    async run({ storage, advance }) {
      const chance = new SeededChance(1);
      const minutes = chance.shuffled(Array.from({ length: 100 }, (_, index) => index + 1));
      const jobs = minutes.map((minute) => aJobIn(minute * MINUTE_MS));
      await enqueue(storage, ...jobs);
      const deleted = jobs.filter((_, index) => index % 5 === 0);
      const putOff = jobs.filter((_, index) => index % 5 === 1);
      await storage.control.delete({ ...anAct(idsOf(deleted)), retainMs: HOUR_MS });
      for (const [index, { id }] of putOff.entries()) {
        const start = { kind: "delay", delayMs: (200 + index) * MINUTE_MS } as const;
        await storage.control.reschedule({ ...anAct([id]), start });
      }
      await advance(300 * MINUTE_MS);

      const promoted: string[] = [];
      const server = await aServer(storage);
      while ((await storage.upkeep.promote(1)).promoted > 0) {
        promoted.push((await server.claimOne({ promoteLimit: 0, token: aToken() })).id);
      }

      const rest = jobs.filter((_, index) => index % 5 > 1);
      const minuteOf = new Map(jobs.map((job, index) => [job.id, minutes[index] ?? 0]));
      const inTime = rest.toSorted((a, b) => (minuteOf.get(a.id) ?? 0) - (minuteOf.get(b.id) ?? 0));
      assert.deepEqual(promoted, idsOf([...inTime, ...putOff]));
    },
  },
];
