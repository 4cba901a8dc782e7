import assert from "node:assert/strict";
import {
  assertSameItems,
  assertStamped,
  enqueue,
  enqueueOne,
  idsOf,
  nowOf,
  recordOf,
  statesOf,
} from "../assertions.ts";
import { aJob, anId, aUniqueJob, HOUR_MS, MINUTE_MS, someJobs } from "../builders.ts";
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
];
