import assert from "node:assert/strict";
import { assertStamped, enqueue, idsOf, nowOf, recordOf, stateOf } from "../assertions.ts";
import {
  aJob,
  aJobIn,
  anAct,
  HOUR_MS,
  MINUTE_MS,
  SECOND_MS,
  toDelete,
  toFail,
  toRelease,
  toRetry,
  toSucceed,
} from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer } from "../server-driver.ts";

export const requeueCases: readonly ConformanceCase[] = [
  ...[toFail(), toSucceed(), toDelete()].map(
    (outcome): ConformanceCase => ({
      id: `requeue/after-${outcome.kind}`,
      title: `a finished job (${outcome.kind}) is enqueued again and runs again`,
      async run({ storage, advance, slackMs }) {
        await enqueue(storage, aJob());
        const server = await aServer(storage);
        const job = await server.claimOne();
        await server.settle(job, outcome);
        await advance(MINUTE_MS);
        const nowMs = await nowOf(storage);

        const results = await storage.control.requeue({
          ...anAct([job.id]),
          resetAttempts: true,
        });

        assert.deepEqual(results, [{ kind: "done" }]);
        const record = await recordOf(storage, job.id);
        assert.equal(record.state, "enqueued");
        assert.equal(record.attempt, 0);
        assertStamped(record.enqueuedAt, nowMs, slackMs);
        assert.equal((await server.claimOne()).attempt, 1);
      },
    }),
  ),
  {
    id: "requeue/keep-attempts",
    title: "without `resetAttempts` the attempts go on from where they were",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      await server.settle(await server.claimOne(), toRetry(0));
      const job = await server.claimOne();
      await server.settle(job, toFail());

      await storage.control.requeue({ ...anAct([job.id]), resetAttempts: false });

      assert.equal((await recordOf(storage, job.id)).attempt, 2);
      assert.equal((await server.claimOne()).attempt, 3);
    },
  },
  {
    id: "requeue/scheduled",
    title: "a scheduled job is enqueued now, and is not due once more",
    async run({ storage, advance }) {
      const job = aJobIn(HOUR_MS);
      await enqueue(storage, job);

      await storage.control.requeue({ ...anAct([job.id]), resetAttempts: false });

      assert.equal(await stateOf(storage, job.id), "enqueued");
      const server = await aServer(storage);
      await server.settle(await server.claimOne(), toSucceed());
      await advance(2 * HOUR_MS);
      assert.deepEqual(await server.claim(), []);
      assert.equal(await stateOf(storage, job.id), "succeeded");
    },
  },
  {
    id: "requeue/tail",
    title: "a requeued job goes to the tail of its band",
    async run({ storage, advance }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      await server.settle(job, toFail());
      const waiting = aJob();
      await enqueue(storage, waiting);
      await advance(SECOND_MS);

      await storage.control.requeue({ ...anAct([job.id]), resetAttempts: true });

      assert.deepEqual(idsOf(await server.claim()), [waiting.id, job.id]);
    },
  },
  {
    id: "requeue/releases",
    title: "a requeue forgets the releases",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      await server.settle(job, toRelease({ delayMs: HOUR_MS }));

      await storage.control.requeue({ ...anAct([job.id]), resetAttempts: true });

      assert.equal((await recordOf(storage, job.id)).releases, 0);
    },
  },
  {
    id: "requeue/processing",
    title: "a processing job is not requeued: its holder goes on",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      const before = await recordOf(storage, job.id);

      const results = await storage.control.requeue({ ...anAct([job.id]), resetAttempts: true });

      assert.deepEqual(results, [{ kind: "conflict", state: "processing" }]);
      assert.deepEqual(await recordOf(storage, job.id), before);
      assert.equal(await server.settle(job, toSucceed()), "settled");
    },
  },
  {
    id: "requeue/from",
    title: "with `from` a second requeue of a job that already waits is a conflict",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      await server.settle(job, toFail());
      const request = { ...anAct([job.id], { from: ["failed"] }), resetAttempts: true };

      const first = await storage.control.requeue(request);
      const second = await storage.control.requeue(request);

      assert.deepEqual(first, [{ kind: "done" }]);
      assert.deepEqual(second, [{ kind: "conflict", state: "enqueued" }]);
    },
  },
  {
    id: "requeue/enqueued",
    title: "requeueing a job that is enqueued already is done, and it is given once",
    async run({ storage }) {
      const job = aJob();
      await enqueue(storage, job);

      const results = await storage.control.requeue({ ...anAct([job.id]), resetAttempts: false });

      assert.deepEqual(results, [{ kind: "done" }]);
      const server = await aServer(storage);
      assert.deepEqual(idsOf(await server.claim()), [job.id]);
    },
  },
  {
    id: "requeue/not-pruned",
    title: "a requeued job is not pruned when the retention of its first end is over",
    async run({ storage, advance }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      await server.settle(job, toFail({ retainMs: MINUTE_MS }));
      await storage.control.requeue({ ...anAct([job.id]), resetAttempts: true });

      await advance(HOUR_MS);
      await storage.upkeep.prune(100);

      assert.equal(await stateOf(storage, job.id), "enqueued");
      assert.equal((await server.claimOne()).id, job.id);
    },
  },
  {
    id: "requeue/content",
    title: "a requeued job runs with the payload it had",
    async run({ storage }) {
      await enqueue(storage, aJob({ payload: '{"to":"a@b.c"}' }));
      const server = await aServer(storage);
      const job = await server.claimOne();
      await server.settle(job, toFail());

      await storage.control.requeue({ ...anAct([job.id]), resetAttempts: true });

      const again = await server.claimOne();
      assert.equal(again.payload, '{"to":"a@b.c"}');
      assert.equal(again.envelope, job.envelope);
    },
  },
  {
    id: "requeue/history",
    title: "who requeued a job and why is kept in its history, after what was there",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      await server.settle(job, toFail());

      await storage.control.requeue({
        ...anAct([job.id], { actor: "alice", reason: "bank is back" }),
        resetAttempts: true,
      });

      const { history } = await recordOf(storage, job.id);
      assert.equal(history?.length, 2);
      const entry = history.at(-1);
      assert.deepEqual([entry?.from, entry?.to], ["failed", "enqueued"]);
      assert.deepEqual([entry?.actor, entry?.reason], ["alice", "bank is back"]);
    },
  },
  {
    id: "requeue/fresh-record",
    title: "a requeued job shows no end, no reason and no retention of before",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      await server.settle(job, toFail());

      await storage.control.requeue({ ...anAct([job.id]), resetAttempts: true });

      const record = await recordOf(storage, job.id);
      assert.equal(record.finishedAt, undefined);
      assert.equal(record.expiresAt, undefined);
      assert.equal(record.reason, undefined);
    },
  },
  ...[
    { name: "deleted", outcome: toRetry(0) },
    { name: "succeeded", outcome: toSucceed() },
  ].map(
    ({ name, outcome }): ConformanceCase => ({
      id: `requeue/deletion-forgotten-${name}`,
      title: `a requested deletion ends with the attempt that it met: after a requeue it is forgotten (${name})`,
      async run({ storage }) {
        await enqueue(storage, aJob());
        const server = await aServer(storage);
        const job = await server.claimOne();
        await storage.control.delete({ ...anAct([job.id]), retainMs: HOUR_MS });
        await server.settle(job, outcome);
        await storage.control.requeue({ ...anAct([job.id]), resetAttempts: true });
        const again = await server.claimOne();

        const { deletions } = await server.heartbeat();
        const status = await server.settle(again, toRetry(0));

        assert.deepEqual(deletions, []);
        assert.equal(status, "settled");
        assert.equal(await stateOf(storage, job.id), "enqueued");
      },
    }),
  ),
];
