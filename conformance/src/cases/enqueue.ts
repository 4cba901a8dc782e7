import assert from "node:assert/strict";
import {
  assertSameItems,
  assertStamped,
  enqueue,
  enqueueOne,
  idsOf,
  nowOf,
  recordOf,
  stateOf,
  statesOf,
} from "../assertions.ts";
import {
  aJob,
  aJobIn,
  anAct,
  anId,
  aUniqueJob,
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  someJobs,
  toDelete,
  toFail,
  toSucceed,
} from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer } from "../server-driver.ts";

const LONGEST_QUEUE = `q${"-".repeat(63)}`;
const LONGEST_TYPE = "T".repeat(128);

export const enqueueCases: readonly ConformanceCase[] = [
  {
    id: "enqueue/created",
    title: "a new job is created and enqueued, with nothing behind it yet",
    async run({ storage, slackMs }) {
      const nowMs = await nowOf(storage);
      const job = aJob();

      const result = await enqueueOne(storage, job);

      assert.deepEqual(result, { kind: "created" });
      const record = await recordOf(storage, job.id);
      assert.equal(record.state, "enqueued");
      assert.equal(record.attempt, 0);
      assert.equal(record.crashes, 0);
      assert.equal(record.releases, 0);
      assertStamped(record.createdAt, nowMs, slackMs);
      assertStamped(record.enqueuedAt, nowMs, slackMs);
      assert.equal(record.startedAt, undefined);
      assert.equal(record.finishedAt, undefined);
    },
  },
  {
    id: "enqueue/every-field",
    title: "every field of a job comes back as it was given",
    async run({ storage }) {
      const job = aJob({
        type: "Import.Orders_v2-b",
        queue: "imports.eu-1_b",
        priority: 7,
        payload: '{"rows":[1,2,3]}',
        envelope: '{"headers":{"tenant":"acme"}}',
        tags: ["eu", "nightly", "revo.tenant:acme"],
        maxAttempts: 17,
        maxCrashes: 4,
        discardAfterMs: HOUR_MS,
        discardRetainMs: MINUTE_MS,
      });

      await enqueue(storage, job);

      const { payload, envelope, start: _start, ...fields } = job;
      const record = await recordOf(storage, job.id);
      assert.deepEqual({ ...record, ...fields }, record);
      assert.deepEqual(record.texts, { payload, envelope });
    },
  },
  {
    id: "enqueue/extremes",
    title: "fields at both ends of their ranges come back as they were given",
    async run({ storage }) {
      const tags = Array.from({ length: 16 }, (_, index) => `${index}`.padEnd(128, "t"));
      const most = aJob({
        type: LONGEST_TYPE,
        queue: LONGEST_QUEUE,
        priority: 9,
        tags,
        maxAttempts: 1000,
        maxCrashes: 100,
      });
      const least = aJob({ type: "a", queue: "0", priority: 0, maxAttempts: 1, maxCrashes: 0 });

      await enqueue(storage, most, least);

      for (const job of [most, least]) {
        const { payload: _payload, envelope: _envelope, start: _start, ...fields } = job;
        const record = await recordOf(storage, job.id);
        assert.deepEqual({ ...record, ...fields }, record);
      }
    },
  },
  {
    id: "enqueue/one-result-per-job",
    title: "a batch answers one result per job, in the order of the jobs",
    async run({ storage }) {
      const [known, holder] = [aJob(), aUniqueJob({ key: "k" })];
      await enqueue(storage, known, holder);
      const [first, last] = [aJob(), aJob()];

      const results = await storage.enqueue({
        jobs: [first, known, aUniqueJob({ key: "k" }), last],
      });

      assert.deepEqual(results, [
        { kind: "created" },
        { kind: "exists" },
        { kind: "duplicate", jobId: holder.id },
        { kind: "created" },
      ]);
      assert.deepEqual(await statesOf(storage, [first, last]), ["enqueued", "enqueued"]);
    },
  },
  {
    id: "enqueue/full-batch",
    title: "a batch of the greatest size is stored whole",
    async run({ storage }) {
      const jobs = someJobs(Math.min(storage.capabilities.maxBatch, 1000));

      await enqueue(storage, ...jobs);

      const records = await storage.monitor.get(idsOf(jobs));
      assert.deepEqual(
        records.map((record) => record?.id),
        idsOf(jobs),
      );
    },
  },
  {
    id: "enqueue/exists",
    title: "a second job with the same id is not stored and changes nothing",
    async run({ storage, advance }) {
      const job = aJob({ payload: '"first"' });
      await enqueue(storage, job);
      const before = await recordOf(storage, job.id);
      await advance(MINUTE_MS);

      const result = await enqueueOne(storage, { ...job, payload: '"second"', priority: 0 });

      assert.deepEqual(result, { kind: "exists" });
      assert.deepEqual(await recordOf(storage, job.id), before);
    },
  },
  {
    id: "enqueue/exists-in-batch",
    title: "of two jobs with one id in a batch the first is created",
    async run({ storage }) {
      const job = aJob({ payload: '"first"' });

      const results = await storage.enqueue({ jobs: [job, { ...job, payload: '"second"' }] });

      assert.deepEqual(results, [{ kind: "created" }, { kind: "exists" }]);
      assert.equal((await recordOf(storage, job.id)).texts?.payload, '"first"');
    },
  },
  {
    id: "enqueue/exists-among-many",
    title: "in a batch of many the ones that are stored change nothing, and all others are created",
    async run({ storage }) {
      const jobs = someJobs(50);
      const stored = jobs.filter((_, index) => index % 7 === 3);
      await enqueue(storage, ...stored);
      const twice = jobs[11];
      assert.ok(twice);

      const results = await storage.enqueue({
        jobs: [...jobs, { ...twice, payload: '"second"' }].map((job) =>
          stored.includes(job) ? { ...job, payload: '"changed"' } : job,
        ),
      });

      assert.deepEqual(
        results.map(({ kind }) => kind),
        [...jobs.map((job) => (stored.includes(job) ? "exists" : "created")), "exists"],
      );
      const records = await storage.monitor.get(idsOf(jobs));
      assert.deepEqual(
        records.map((record) => record?.texts?.payload),
        jobs.map(({ payload }) => payload),
      );
    },
  },
  {
    id: "enqueue/exists-while-scheduled",
    title: "the id of a scheduled job exists, and its time stays",
    async run({ storage }) {
      const job = aJobIn(HOUR_MS);
      await enqueue(storage, job);
      const before = await recordOf(storage, job.id);

      const result = await enqueueOne(storage, { ...job, start: { kind: "now" } });

      assert.deepEqual(result, { kind: "exists" });
      assert.deepEqual(await recordOf(storage, job.id), before);
    },
  },
  {
    id: "enqueue/exists-while-processing",
    title: "the id of a processing job exists, and the job is not given out again",
    async run({ storage }) {
      const job = aJob();
      await enqueue(storage, job);
      const server = await aServer(storage);
      await server.claimOne();

      const result = await enqueueOne(storage, job);

      assert.deepEqual(result, { kind: "exists" });
      assert.deepEqual(await server.claim(), []);
    },
  },
  ...([toSucceed(), toFail(), toDelete()] as const).map(
    (outcome): ConformanceCase => ({
      id: `enqueue/may-exist-after-${outcome.kind}`,
      title: `with \`mayExist\` a finished job exists (${outcome.kind}) and is not run again`,
      async run({ storage }) {
        const job = aJob();
        await enqueue(storage, job);
        const server = await aServer(storage);
        await server.settle(await server.claimOne(), outcome);
        const before = await recordOf(storage, job.id);

        const result = await enqueueOne(storage, job, true);

        assert.deepEqual(result, { kind: "exists" });
        assert.deepEqual(await recordOf(storage, job.id), before);
        assert.deepEqual(await server.claim(), []);
      },
    }),
  ),
  {
    id: "enqueue/may-exist-after-control-delete",
    title: "with `mayExist` the repeat of a job that an operator deleted does not bring it back",
    async run({ storage }) {
      const job = aJob();
      await enqueue(storage, job);
      await storage.control.delete({ ...anAct([job.id]), retainMs: DAY_MS });

      const result = await enqueueOne(storage, job, true);

      assert.deepEqual(result, { kind: "exists" });
      assert.equal(await stateOf(storage, job.id), "deleted");
    },
  },
  {
    id: "enqueue/may-exist-new",
    title: "with `mayExist` a job that is not there yet is created",
    async run({ storage }) {
      const job = aJob();

      const result = await enqueueOne(storage, job, true);

      assert.deepEqual(result, { kind: "created" });
      assert.equal(await stateOf(storage, job.id), "enqueued");
    },
  },
  {
    id: "enqueue/repeated-batch",
    title: "a batch sent again with `mayExist` after a lost reply stores nothing twice",
    async run({ storage }) {
      const jobs = [...someJobs(5), aUniqueJob({ key: "k" })];
      await enqueue(storage, ...jobs);

      const results = await storage.enqueue({ jobs, mayExist: true });

      assert.deepEqual(
        results,
        jobs.map(() => ({ kind: "exists" })),
      );
      const server = await aServer(storage);
      assertSameItems(idsOf(await server.claim()), idsOf(jobs));
    },
  },
  {
    id: "enqueue/any-uuid",
    title: "an id may be a UUID of any version",
    async run({ storage }) {
      const jobs = [
        aJob({ id: "c9bf9e57-1685-4c89-bafb-ff5af830be8a" }),
        aJob({ id: "2f5c9a60-3f1e-8a10-8d4e-0a1b2c3d4e5f" }),
        aJob({ id: "00000000-0000-0000-0000-000000000000" }),
        aJob({ id: "ffffffff-ffff-ffff-ffff-ffffffffffff" }),
      ];

      await enqueue(storage, ...jobs);

      const server = await aServer(storage);
      assertSameItems(idsOf(await server.claim()), idsOf(jobs));
    },
  },
  {
    id: "enqueue/equal-content",
    title: "two jobs of equal content are two jobs",
    async run({ storage }) {
      const job = aJob();

      await enqueue(storage, job, { ...job, id: anId() });

      const server = await aServer(storage);
      assert.equal((await server.claim()).length, 2);
    },
  },
  {
    id: "enqueue/same-id-race",
    title: "of many concurrent enqueues of one id exactly one creates the job",
    async run({ storage, second }) {
      const clients = [storage, await second()];
      const job = aJob();

      const results = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          enqueueOne(clients[index % clients.length] ?? storage, job),
        ),
      );

      const kinds = results.map((result) => result.kind);
      assert.equal(kinds.filter((kind) => kind === "created").length, 1);
      assert.equal(kinds.filter((kind) => kind === "exists").length, 19);
    },
  },
];
