import assert from "node:assert/strict";
import { assertSameItems, enqueue, enqueueOne, idsOf, recordOf, stateOf } from "../assertions.ts";
import {
  aJob,
  aJobIn,
  anAct,
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

/** Jobs whose id is stored already, or is asked for by several at once. */
export const enqueueAgainCases: readonly ConformanceCase[] = [
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
