import assert from "node:assert/strict";
import {
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
  anError,
  HOUR_MS,
  MINUTE_MS,
  someJobs,
  toDelete,
  toFail,
  toRelease,
  toRetry,
  toSucceed,
} from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer, fenceOf } from "../server-driver.ts";

export const settleCases: readonly ConformanceCase[] = [
  {
    id: "settle/succeed",
    title: "a success finishes the job, keeps its result and its time",
    async run({ storage, advance, slackMs }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      await advance(MINUTE_MS);
      const nowMs = await nowOf(storage);

      const status = await server.settle(job, toSucceed({ result: '{"sent":true}' }));

      assert.equal(status, "settled");
      const record = await recordOf(storage, job.id);
      assert.equal(record.state, "succeeded");
      assert.equal(record.attempt, 1);
      assertStamped(record.finishedAt, nowMs, slackMs);
      assert.equal(record.texts?.result, '{"sent":true}');
    },
  },
  {
    id: "settle/succeed-without-result",
    title: "a success without a result keeps none",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();

      await server.settle(job, toSucceed());

      const { texts } = await recordOf(storage, job.id);
      assert.ok(texts);
      assert.equal("result" in texts, false);
    },
  },
  {
    id: "settle/succeed-without-history",
    title: "an undisturbed success adds nothing to the history",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();

      await server.settle(job, toSucceed());

      assert.deepEqual((await recordOf(storage, job.id)).history ?? [], []);
    },
  },
  {
    id: "settle/fail",
    title: "a failure finishes the job with its reason, its fingerprint and its error",
    async run({ storage, slackMs }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      const nowMs = await nowOf(storage);
      const error = anError({ fingerprint: "f-1", text: "no route to host" });

      const status = await server.settle(job, toFail({ reason: "attempts", error }));

      assert.equal(status, "settled");
      const record = await recordOf(storage, job.id);
      assert.equal(record.state, "failed");
      assert.equal(record.reason, "attempts");
      assert.equal(record.fingerprint, "f-1");
      assertStamped(record.finishedAt, nowMs, slackMs);
      const entry = record.history?.at(-1);
      assert.deepEqual([entry?.from, entry?.to], ["processing", "failed"]);
      assert.deepEqual(entry?.error, error);
    },
  },
  {
    id: "settle/retry-later",
    title: "a retry makes the job scheduled, counts the attempt and keeps the error in the history",
    async run({ storage, slackMs }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      const nowMs = await nowOf(storage);
      const error = anError({ text: "bank is closed" });

      const status = await server.settle(job, toRetry(HOUR_MS, error));

      assert.equal(status, "settled");
      const record = await recordOf(storage, job.id);
      assert.equal(record.state, "scheduled");
      assert.equal(record.attempt, 1);
      assertStamped(record.dueAt, nowMs + HOUR_MS, slackMs);
      const entry = record.history?.at(-1);
      assert.deepEqual([entry?.from, entry?.to], ["processing", "scheduled"]);
      assert.equal(entry?.attempt, 1);
      assert.deepEqual(entry?.error, error);
    },
  },
  {
    id: "settle/retry-now",
    title: "a retry without delay makes the job enqueued",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();

      await server.settle(job, toRetry(0));

      const record = await recordOf(storage, job.id);
      assert.equal(record.state, "enqueued");
      assert.equal(record.attempt, 1);
    },
  },
  {
    id: "settle/release",
    title: "a release with refund gives the attempt back and counts the release",
    async run({ storage }) {
      const job = aJob();
      await enqueue(storage, job);
      const before = await recordOf(storage, job.id);
      const server = await aServer(storage);

      const status = await server.settle(await server.claimOne(), toRelease());

      assert.equal(status, "settled");
      const record = await recordOf(storage, job.id);
      assert.equal(record.state, "enqueued");
      assert.equal(record.attempt, 0);
      assert.equal(record.releases, 1);
      assert.deepEqual(record.enqueuedAt, before.enqueuedAt);
    },
  },
  {
    id: "settle/release-no-refund",
    title: "a release without refund keeps the attempt",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();

      await server.settle(job, toRelease({ refundAttempt: false }));

      assert.equal((await recordOf(storage, job.id)).attempt, 1);
      assert.equal((await server.claimOne()).attempt, 2);
    },
  },
  {
    id: "settle/release-later",
    title: "a delayed release makes the job scheduled, and its place is at the tail when it is due",
    async run({ storage, advance, slackMs }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      const nowMs = await nowOf(storage);

      await server.settle(job, toRelease({ delayMs: HOUR_MS }));

      const record = await recordOf(storage, job.id);
      assert.equal(record.state, "scheduled");
      assertStamped(record.dueAt, nowMs + HOUR_MS, slackMs);
      await advance(HOUR_MS - MINUTE_MS);
      const waiting = aJob();
      await enqueue(storage, waiting);
      await advance(MINUTE_MS);
      assert.deepEqual(idsOf(await server.claim()), [waiting.id, job.id]);
    },
  },
  {
    id: "settle/releases-in-a-row",
    title: "releases are counted in a row, told at the claim, and forgotten by a retry",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      await server.settle(await server.claimOne(), toRelease());
      await server.settle(await server.claimOne(), toRelease());
      const third = await server.claimOne();

      await server.settle(third, toRetry(0));

      assert.equal(third.releases, 2);
      assert.equal(third.attempt, 1);
      assert.equal((await server.claimOne()).releases, 0);
    },
  },
  {
    id: "settle/delete",
    title: "an attempt may end in deletion, with its own reason",
    async run({ storage, slackMs }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      const nowMs = await nowOf(storage);

      const status = await server.settle(job, toDelete({ reason: "superseded" }));

      assert.equal(status, "settled");
      const record = await recordOf(storage, job.id);
      assert.equal(record.state, "deleted");
      assert.equal(record.reason, "superseded");
      assertStamped(record.finishedAt, nowMs, slackMs);
    },
  },
  ...[toSucceed(), toFail(), toDelete(), toRetry(HOUR_MS)].map(
    (outcome): ConformanceCase => ({
      id: `settle/not-given-again-${outcome.kind}`,
      title: `after ${outcome.kind} the job is given to nobody`,
      async run({ storage }) {
        await enqueue(storage, aJob());
        const server = await aServer(storage);

        await server.settle(await server.claimOne(), outcome);

        assert.deepEqual(await server.claim(), []);
      },
    }),
  ),
  {
    id: "settle/given-again-once",
    title: "after a retry without delay the job is given once more",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);

      await server.settle(await server.claimOne(), toRetry(0));

      assert.equal((await server.claim()).length, 1);
    },
  },
  {
    id: "settle/batch",
    title: "a batch of different outcomes answers one status per settlement, in order",
    async run({ storage }) {
      await enqueue(storage, ...someJobs(5));
      const server = await aServer(storage);
      const jobs = await server.claim();
      const outcomes = [toSucceed(), toFail(), toRetry(HOUR_MS), toRelease(), toDelete()];
      const settle = jobs.map((job, index) => ({
        ...fenceOf(job),
        outcome: outcomes[index] ?? toSucceed(),
      }));

      const { settled } = await server.exchange({ settle });

      assert.deepEqual(settled, ["settled", "settled", "settled", "settled", "settled"]);
      assert.deepEqual(await statesOf(storage, jobs), [
        "succeeded",
        "failed",
        "scheduled",
        "enqueued",
        "deleted",
      ]);
    },
  },
  {
    id: "settle/full-batch",
    title: "a batch of the greatest size is settled whole",
    async run({ storage }) {
      const count = Math.min(storage.capabilities.maxBatch, 1000);
      await enqueue(storage, ...someJobs(count));
      const server = await aServer(storage);
      const jobs = await server.claim(count);

      const statuses = await server.settleAll(jobs, toSucceed());

      assert.deepEqual(
        statuses,
        jobs.map(() => "settled"),
      );
    },
  },
  {
    id: "settle/with-claim",
    title: "one exchange settles what was done and claims what is next",
    async run({ storage }) {
      const [first, next] = someJobs(2);
      assert.ok(first && next);
      await enqueue(storage, first, next);
      const server = await aServer(storage);
      const held = await server.claimOne();

      const reply = await server.exchange({
        settle: [{ ...fenceOf(held), outcome: toSucceed() }],
        claim: aClaim({ limit: 1 }),
      });

      assert.deepEqual(reply.settled, ["settled"]);
      assert.deepEqual(idsOf(reply.jobs), [next.id]);
      assert.equal(await stateOf(storage, first.id), "succeeded");
    },
  },
  ...[toSucceed(), toFail(), toDelete()].map(
    (outcome): ConformanceCase => ({
      id: `settle/releases-end-${outcome.kind}`,
      title: `${outcome.kind} ends the row of releases`,
      async run({ storage }) {
        await enqueue(storage, aJob());
        const server = await aServer(storage);
        await server.settle(await server.claimOne(), toRelease());
        const job = await server.claimOne();

        await server.settle(job, outcome);

        assert.equal((await recordOf(storage, job.id)).releases, 0);
      },
    }),
  ),
];
