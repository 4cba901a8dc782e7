import assert from "node:assert/strict";
import { enqueue, enqueueOne, idsOf, recordOf, stateOf } from "../assertions.ts";
import {
  aJob,
  aJobIn,
  anAct,
  aUniqueJob,
  HOUR_MS,
  MINUTE_MS,
  someJobs,
  toRelease,
  toRetry,
} from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer } from "../server-driver.ts";

const perishable = { discardAfterMs: 10 * MINUTE_MS, discardRetainMs: HOUR_MS };

export const discardCases: readonly ConformanceCase[] = [
  {
    id: "discard/expired",
    title: "a job not claimed in its time is given to nobody and becomes deleted as `expired`",
    async run({ storage, advance }) {
      const [late, fresh] = [aJob(perishable), aJob()];
      await enqueue(storage, late, fresh);
      await advance(HOUR_MS);
      const server = await aServer(storage);

      const jobs = await server.claim();

      assert.deepEqual(idsOf(jobs), [fresh.id]);
      const record = await recordOf(storage, late.id);
      assert.deepEqual([record.state, record.reason], ["deleted", "expired"]);
    },
  },
  {
    id: "discard/in-time",
    title: "a job claimed in its time runs, to the last millisecond",
    async run({ storage, advance, slackMs }) {
      const job = aJob(perishable);
      await enqueue(storage, job);
      await advance(10 * MINUTE_MS - slackMs - 1);
      const server = await aServer(storage);

      assert.equal((await server.claimOne()).id, job.id);
    },
  },
  {
    id: "discard/many",
    title: "many expired jobs at the head keep nobody from the good ones behind them",
    async run({ storage, advance }) {
      await enqueue(storage, ...someJobs(90, perishable));
      const good = someJobs(5);
      await enqueue(storage, ...good);
      await advance(HOUR_MS);
      const server = await aServer(storage);

      const jobs = await server.claim(5);

      assert.deepEqual(idsOf(jobs), idsOf(good));
    },
  },
  ...[
    { name: "retry", outcome: toRetry(HOUR_MS) },
    { name: "release", outcome: toRelease({ delayMs: HOUR_MS }) },
  ].map(
    ({ name, outcome }): ConformanceCase => ({
      id: `discard/not-after-${name}`,
      title: `a job that was claimed in time does not expire after a ${name}`,
      async run({ storage, advance }) {
        const job = aJob(perishable);
        await enqueue(storage, job);
        const server = await aServer(storage);
        await server.settle(await server.claimOne(), outcome);
        await advance(2 * HOUR_MS);

        assert.equal((await server.claimOne()).id, job.id);
      },
    }),
  ),
  {
    id: "discard/not-after-recovery",
    title: "a job that was claimed in time does not expire after its server died",
    async run({ storage, advance }) {
      const job = aJob(perishable);
      await enqueue(storage, job);
      const dead = await aServer(storage);
      await dead.claimOne();
      await dead.recover();
      await advance(HOUR_MS);
      const server = await aServer(storage);

      assert.equal((await server.claimOne()).id, job.id);
    },
  },
  {
    id: "discard/from-due",
    title: "the time of a scheduled job runs from when it became enqueued",
    async run({ storage, advance }) {
      const job = aJobIn(HOUR_MS, perishable);
      await enqueue(storage, job);
      await advance(HOUR_MS);
      await storage.upkeep.promote(100);
      await advance(5 * MINUTE_MS);
      const server = await aServer(storage);

      assert.equal((await server.claimOne()).id, job.id);
    },
  },
  {
    id: "discard/from-first-enqueued",
    title: "being put off and enqueued again does not give the job new time",
    async run({ storage, advance }) {
      const job = aJob(perishable);
      await enqueue(storage, job);
      await advance(9 * MINUTE_MS);
      await storage.control.move({ ...anAct([job.id]), priority: 1 });
      await advance(2 * MINUTE_MS);
      const server = await aServer(storage);

      assert.deepEqual(await server.claim(), []);
    },
  },
  {
    id: "discard/prune",
    title: "prune ends jobs that expired without anybody claiming, too",
    async run({ storage, advance }) {
      const job = aJob(perishable);
      await enqueue(storage, job);
      await advance(HOUR_MS);

      for (let more = true; more; ) more = (await storage.upkeep.prune(100)).more;

      const record = await recordOf(storage, job.id);
      assert.deepEqual([record.state, record.reason], ["deleted", "expired"]);
    },
  },
  {
    id: "discard/retained",
    title: "an expired job is kept for `discardRetainMs` from when it was deleted, and no longer",
    async run({ storage, advance }) {
      const job = aJob(perishable);
      await enqueue(storage, job);
      await advance(5 * HOUR_MS);
      const server = await aServer(storage);
      await server.claim();

      await advance(HOUR_MS - MINUTE_MS);
      await storage.upkeep.prune(100);
      const within = await stateOf(storage, job.id);
      await advance(2 * MINUTE_MS);
      await storage.upkeep.prune(100);

      assert.equal(within, "deleted");
      assert.equal(await stateOf(storage, job.id), null);
    },
  },
  {
    id: "discard/retain-zero",
    title: "an expired job that is not to be kept is gone once it is pruned",
    async run({ storage, advance }) {
      const job = aJob({ ...perishable, discardRetainMs: 0 });
      await enqueue(storage, job);
      await advance(HOUR_MS);
      const server = await aServer(storage);
      await server.claim();

      await advance(1);
      for (let more = true; more; ) more = (await storage.upkeep.prune(100)).more;

      assert.equal(await stateOf(storage, job.id), null);
    },
  },
  {
    id: "discard/prune-waits",
    title: "prune does not touch a job whose time is not over",
    async run({ storage, advance, slackMs }) {
      const job = aJob(perishable);
      await enqueue(storage, job);
      await advance(10 * MINUTE_MS - slackMs - 1);

      await storage.upkeep.prune(100);

      assert.equal(await stateOf(storage, job.id), "enqueued");
    },
  },
  {
    id: "discard/frees-key",
    title: "an expired job frees its unique key",
    async run({ storage, advance }) {
      await enqueue(storage, aUniqueJob({}, perishable));
      await advance(HOUR_MS);
      const server = await aServer(storage);
      await server.claim();

      assert.deepEqual(await enqueueOne(storage, aUniqueJob({})), { kind: "created" });
    },
  },
  {
    id: "discard/not-a-run",
    title: "an expired job counts no attempt",
    async run({ storage, advance }) {
      const job = aJob(perishable);
      await enqueue(storage, job);
      await advance(HOUR_MS);
      const server = await aServer(storage);
      await server.claim();

      const [record] = await storage.monitor.get([job.id]);

      assert.equal(record?.attempt ?? 0, 0);
    },
  },
  {
    id: "discard/absent",
    title: "a job without `discardAfterMs` waits for ever",
    async run({ storage, advance }) {
      const job = aJob();
      await enqueue(storage, job);
      await advance(1000 * HOUR_MS);
      await storage.upkeep.prune(100);
      const server = await aServer(storage);

      assert.equal((await server.claimOne()).id, job.id);
      assert.equal((await recordOf(storage, job.id)).state, "processing");
    },
  },
];
