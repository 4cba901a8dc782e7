import assert from "node:assert/strict";
import { enqueue } from "../assertions.ts";
import {
  aJob,
  aJobIn,
  anAct,
  anId,
  HOUR_MS,
  SECOND_MS,
  someJobs,
  toDelete,
  toFail,
  toRetry,
  toSucceed,
} from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer } from "../server-driver.ts";

export const outcomesCases: readonly ConformanceCase[] = [
  {
    id: "outcomes/unfinished",
    title: "an unfinished job has no outcome, in whatever state",
    async run({ storage }) {
      const [running, waiting, scheduled] = [aJob(), aJob(), aJobIn(HOUR_MS)];
      await enqueue(storage, running, waiting, scheduled);
      const server = await aServer(storage);
      await server.claimOne();

      const outcomes = await storage.monitor.outcomes([running.id, waiting.id, scheduled.id]);

      assert.deepEqual(outcomes, [null, null, null]);
    },
  },
  {
    id: "outcomes/finished",
    title: "a finished job has its state, and its result if it was given one",
    async run({ storage }) {
      await enqueue(storage, ...someJobs(4));
      const server = await aServer(storage);
      const [withResult, without, failed, deleted] = await server.claim();
      assert.ok(withResult && without && failed && deleted);
      await server.settle(withResult, toSucceed({ result: '{"total":12}' }));
      await server.settle(without, toSucceed());
      await server.settle(failed, toFail());
      await server.settle(deleted, toDelete());

      const outcomes = await storage.monitor.outcomes([
        withResult.id,
        without.id,
        failed.id,
        deleted.id,
      ]);

      assert.deepEqual(outcomes, [
        { state: "succeeded", result: '{"total":12}' },
        { state: "succeeded" },
        { state: "failed" },
        { state: "deleted" },
      ]);
    },
  },
  {
    id: "outcomes/in-order",
    title: "outcomes come in the order of the ids, the same id twice and unknown ones included",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      await server.settle(job, toSucceed({ result: "1" }));
      const done = { state: "succeeded", result: "1" };

      const outcomes = await storage.monitor.outcomes([job.id, anId(), job.id]);

      assert.deepEqual(outcomes, [done, null, done]);
    },
  },
  {
    id: "outcomes/read-after-write",
    title: "another client reads the outcome as soon as the settlement was answered",
    async run({ storage, second }) {
      const other = await second();
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      await server.settle(job, toSucceed({ result: "1" }));

      const outcomes = await other.monitor.outcomes([job.id]);

      assert.deepEqual(outcomes, [{ state: "succeeded", result: "1" }]);
    },
  },
  {
    id: "outcomes/pruned",
    title: "a pruned job has no outcome any more",
    async run({ storage, advance }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      await server.settle(job, toSucceed({ retainMs: HOUR_MS, result: "1" }));
      await advance(HOUR_MS + SECOND_MS);
      await storage.upkeep.prune(100);

      assert.deepEqual(await storage.monitor.outcomes([job.id]), [null]);
    },
  },
  {
    id: "outcomes/after-requeue",
    title: "a requeued job has no outcome until it finishes again",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      await server.settle(job, toSucceed({ result: '"first"' }));
      await storage.control.requeue({ ...anAct([job.id]), resetAttempts: true });

      const between = await storage.monitor.outcomes([job.id]);
      await server.settle(await server.claimOne(), toSucceed({ result: '"second"' }));

      assert.deepEqual(between, [null]);
      assert.deepEqual(await storage.monitor.outcomes([job.id]), [
        { state: "succeeded", result: '"second"' },
      ]);
    },
  },
  {
    id: "outcomes/after-retry",
    title: "a job that waits for its retry has no outcome",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();

      await server.settle(job, toRetry(HOUR_MS));

      assert.deepEqual(await storage.monitor.outcomes([job.id]), [null]);
    },
  },
  ...[toFail(), toDelete(), toSucceed()].map(
    (outcome): ConformanceCase => ({
      id: `outcomes/no-old-result-${outcome.kind}`,
      title: `the result of an earlier success is not told of a later end without one (${outcome.kind})`,
      async run({ storage }) {
        await enqueue(storage, aJob());
        const server = await aServer(storage);
        const job = await server.claimOne();
        await server.settle(job, toSucceed({ result: '"first"' }));
        await storage.control.requeue({ ...anAct([job.id]), resetAttempts: true });

        await server.settle(await server.claimOne(), outcome);

        const [told] = await storage.monitor.outcomes([job.id]);
        assert.ok(told);
        assert.equal("result" in told, false);
      },
    }),
  ),
];
