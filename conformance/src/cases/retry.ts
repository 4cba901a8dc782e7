import assert from "node:assert/strict";
import { enqueue, recordOf, stateOf, assertStamped, nowOf } from "../assertions.ts";
import { aJob, anError, aToken, MINUTE_MS, toRelease, toRetry, toSucceed } from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer, fenceOf } from "../server-driver.ts";

export const retryCases: readonly ConformanceCase[] = [
  {
    id: "retry/keeps-content",
    title: "a retried job comes back with its payload, envelope, tags, queue and priority",
    async run({ storage, advance }) {
      const job = aJob({
        queue: "mail",
        priority: 2,
        payload: '{"to":"a@b.c"}',
        envelope: '{"trace":"t-1"}',
        tags: ["eu"],
        maxAttempts: 7,
        maxCrashes: 2,
      });
      await enqueue(storage, job);
      const server = await aServer(storage);
      await server.settle(await server.claimOne({ queues: ["mail"] }), toRetry(MINUTE_MS));
      await advance(MINUTE_MS);

      const again = await server.claimOne({ queues: ["mail"] });

      const { start: _start, tags: _tags, ...expected } = job;
      assert.deepEqual({ ...again, ...expected }, again);
      assert.deepEqual((await recordOf(storage, job.id)).tags, ["eu"]);
    },
  },
  {
    id: "retry/keeps-content-many-times",
    title: "nothing of a job wears off through many retries and releases",
    async run({ storage }) {
      const job = aJob({ payload: '{"to":"a@b.c"}', tags: ["eu"] });
      await enqueue(storage, job);
      const before = await recordOf(storage, job.id);
      const server = await aServer(storage);

      for (let run = 0; run < 5; run++) {
        await server.settle(await server.claimOne(), toRetry(0));
        await server.settle(await server.claimOne(), toRelease());
      }

      const { texts, tags, createdAt, type, queue } = await recordOf(storage, job.id);
      assert.deepEqual(
        { texts, tags, createdAt, type, queue },
        {
          texts: before.texts,
          tags: before.tags,
          createdAt: before.createdAt,
          type: before.type,
          queue: before.queue,
        },
      );
    },
  },
  {
    id: "retry/no-policy",
    title: "a storage compares no attempts: a retry beyond `maxAttempts` is a retry",
    async run({ storage }) {
      await enqueue(storage, aJob({ maxAttempts: 1 }));
      const server = await aServer(storage);
      const job = await server.claimOne();

      const status = await server.settle(job, toRetry(0));

      assert.equal(status, "settled");
      assert.equal((await server.claimOne()).attempt, 2);
    },
  },
  {
    id: "retry/any-delay",
    title: "a retry takes delays from one millisecond to a year",
    async run({ storage, advance }) {
      const delays = [1, 999, 31_536_000_000];
      for (const delayMs of delays) {
        const job = aJob({ queue: `in-${delayMs}` });
        await enqueue(storage, job);
        const server = await aServer(storage);
        await server.settle(await server.claimOne({ queues: [job.queue] }), toRetry(delayMs));
        await advance(delayMs);

        const again = await server.claimOne({ queues: [job.queue] });

        assert.equal(again.attempt, 2);
      }
    },
  },
  {
    id: "retry/history",
    title: "the history tells the errors of the ended attempts, oldest first",
    async run({ storage, advance }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const texts = ["first", "second", "third"];
      let id = "";
      for (const text of texts) {
        const job = await server.claimOne();
        id = job.id;
        await advance(1000);
        await server.settle(job, toRetry(0, anError({ text })));
      }

      const { history } = await recordOf(storage, id);

      assert.deepEqual(
        history?.map((entry) => [entry.attempt, entry.error?.text, entry.serverId]),
        texts.map((text, index) => [index + 1, text, server.id]),
      );
      const times = history?.map((entry) => entry.at.getTime()) ?? [];
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      );
    },
  },
  {
    id: "retry/history-bounded",
    title: "at least the newest 20 entries of the history are kept",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      let id = "";
      for (let run = 1; run <= 30; run++) {
        const job = await server.claimOne();
        id = job.id;
        await server.settle(job, toRetry(0, anError({ text: `run ${run}` })));
      }

      const { history } = await recordOf(storage, id);

      const newest = history?.slice(-20).map((entry) => entry.error?.text);
      assert.deepEqual(
        newest,
        Array.from({ length: 20 }, (_, index) => `run ${index + 11}`),
      );
    },
  },
  {
    id: "retry/success-after-retry",
    title: "a success after retries keeps the errors that came before it",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      await server.settle(await server.claimOne(), toRetry(0, anError({ text: "first" })));
      const job = await server.claimOne();

      await server.settle(job, toSucceed());

      const record = await recordOf(storage, job.id);
      assert.equal(record.attempt, 2);
      assert.equal(record.history?.[0]?.error?.text, "first");
    },
  },
  {
    id: "retry/stale-changes-nothing",
    title: "a stale retry does not put a running job back",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();

      await server.exchange({
        settle: [{ ...fenceOf(job), token: aToken(), outcome: toRetry(0) }],
      });

      assert.equal(await stateOf(storage, job.id), "processing");
      assert.deepEqual(await server.claim(), []);
    },
  },
  {
    id: "retry/history-times",
    title: "an entry of the history tells when its attempt began and when it ended",
    async run({ storage, advance, slackMs }) {
      await enqueue(storage, aJob());
      await advance(MINUTE_MS);
      const startedMs = await nowOf(storage);
      const server = await aServer(storage);
      const job = await server.claimOne();
      await advance(MINUTE_MS);

      await server.settle(job, toRetry(0));

      const entry = (await recordOf(storage, job.id)).history?.at(-1);
      assertStamped(entry?.startedAt, startedMs, slackMs);
      assertStamped(entry?.at, startedMs + MINUTE_MS, slackMs);
    },
  },
  {
    id: "retry/history-release",
    title: "a release that counts the attempt is an ended attempt of the history",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();

      await server.settle(job, toRelease({ refundAttempt: false, reason: "snooze" }));

      const entry = (await recordOf(storage, job.id)).history?.at(-1);
      assert.deepEqual([entry?.from, entry?.to], ["processing", "enqueued"]);
      assert.deepEqual([entry?.attempt, entry?.reason], [1, "snooze"]);
    },
  },
];
