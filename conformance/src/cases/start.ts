import assert from "node:assert/strict";
import { assertStamped, enqueue, nowOf, recordOf } from "../assertions.ts";
import { aJob, aJobIn, DAY_MS, HOUR_MS, MINUTE_MS } from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer } from "../server-driver.ts";

const YEAR_MS = 365 * DAY_MS;

export const startCases: readonly ConformanceCase[] = [
  {
    id: "start/delay",
    title: "a delayed job is scheduled for its delay from now by the storage's clock",
    async run({ storage, slackMs }) {
      const nowMs = await nowOf(storage);
      const job = aJobIn(10 * MINUTE_MS);

      await enqueue(storage, job);

      const record = await recordOf(storage, job.id);
      assert.equal(record.state, "scheduled");
      assertStamped(record.dueAt, nowMs + 10 * MINUTE_MS, slackMs);
      assert.equal(record.enqueuedAt, undefined);
      assertStamped(record.createdAt, nowMs, slackMs);
    },
  },
  {
    id: "start/delay-not-early",
    title: "a delayed job is not given out before its delay has passed on the storage's clock",
    async run({ storage, advance, slackMs }) {
      const job = aJobIn(10 * MINUTE_MS);
      await enqueue(storage, job);
      const server = await aServer(storage);

      await advance(10 * MINUTE_MS - slackMs - 1);
      assert.deepEqual(await server.claim(), []);
      await advance(slackMs + 1);

      assert.equal((await server.claimOne()).id, job.id);
    },
  },
  {
    id: "start/delay-zero",
    title: "a delay of 0 is due at once",
    async run({ storage }) {
      const job = aJobIn(0);
      await enqueue(storage, job);
      const server = await aServer(storage);

      const claimed = await server.claimOne();

      assert.equal(claimed.id, job.id);
    },
  },
  {
    id: "start/at-future",
    title: "a job for an instant is scheduled for exactly that instant",
    async run({ storage }) {
      const runAt = new Date((await nowOf(storage)) + HOUR_MS + 7);
      const job = aJob({ start: { kind: "at", runAt } });

      await enqueue(storage, job);

      const record = await recordOf(storage, job.id);
      assert.equal(record.state, "scheduled");
      assert.deepEqual(record.dueAt, runAt);
    },
  },
  {
    id: "start/at-compared-by-storage",
    title: "an instant is compared with the storage's clock, not with the worker's",
    async run({ storage, advance, slackMs }) {
      const runAt = new Date((await nowOf(storage)) + 10 * MINUTE_MS);
      const job = aJob({ start: { kind: "at", runAt } });
      await enqueue(storage, job);
      const server = await aServer(storage);

      await advance(10 * MINUTE_MS - slackMs - 1);
      assert.deepEqual(await server.claim(), []);
      await advance(slackMs + 1);

      assert.equal((await server.claimOne()).id, job.id);
    },
  },
  {
    id: "start/at-past",
    title: "an instant in the past means now",
    async run({ storage, slackMs }) {
      const nowMs = await nowOf(storage);
      const job = aJob({ start: { kind: "at", runAt: new Date(nowMs - DAY_MS) } });

      await enqueue(storage, job);

      const record = await recordOf(storage, job.id);
      assert.equal(record.state, "enqueued");
      assertStamped(record.enqueuedAt, nowMs, slackMs);
    },
  },
  {
    id: "start/at-now",
    title: "the instant of the storage's clock itself means now",
    async run({ storage }) {
      const job = aJob({ start: { kind: "at", runAt: new Date(await nowOf(storage)) } });

      await enqueue(storage, job);

      assert.equal((await recordOf(storage, job.id)).state, "enqueued");
    },
  },
  {
    id: "start/at-before-1970",
    title: "an instant before 1970 means now",
    async run({ storage }) {
      const job = aJob({ start: { kind: "at", runAt: new Date(-1) } });

      await enqueue(storage, job);

      assert.equal((await recordOf(storage, job.id)).state, "enqueued");
    },
  },
  {
    id: "start/far-future",
    title: "a job 99 years ahead keeps its instant and runs when the clock gets there",
    async run({ storage, advance }) {
      const runAt = new Date((await nowOf(storage)) + 99 * YEAR_MS);
      const job = aJob({ start: { kind: "at", runAt } });
      await enqueue(storage, job);
      const server = await aServer(storage);

      assert.deepEqual((await recordOf(storage, job.id)).dueAt, runAt);
      assert.deepEqual(await server.claim(), []);
      await advance(99 * YEAR_MS + 1);

      assert.equal((await server.claimOne()).id, job.id);
    },
  },
  {
    id: "start/fractional-free",
    title: "instants keep their milliseconds",
    async run({ storage }) {
      const base = (await nowOf(storage)) + HOUR_MS;
      const jobs = [1, 499, 500, 999].map((ms) =>
        aJob({ start: { kind: "at", runAt: new Date(Math.floor(base / 1000) * 1000 + ms) } }),
      );

      await enqueue(storage, ...jobs);

      for (const job of jobs) {
        const record = await recordOf(storage, job.id);
        assert.deepEqual(record.dueAt, job.start.kind === "at" ? job.start.runAt : undefined);
      }
    },
  },
];
