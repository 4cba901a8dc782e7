import assert from "node:assert/strict";
import { assertRemaining, assertStamped, enqueue, idsOf, nowOf, stateOf } from "../assertions.ts";
import {
  aClaim,
  aJob,
  aJobIn,
  HOUR_MS,
  MINUTE_MS,
  someJobs,
  toRelease,
  toSucceed,
} from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer } from "../server-driver.ts";

const pause = { queue: "default", actor: "alice", reason: "bank is closed" };
const resume = { queue: "default", actor: "alice" };

export const pauseCases: readonly ConformanceCase[] = [
  {
    id: "pause/gives-nothing",
    title: "a paused queue gives nothing",
    async run({ storage }) {
      const job = aJob();
      await enqueue(storage, job);
      const server = await aServer(storage);

      await storage.control.pauseQueue(pause);

      assert.deepEqual(await server.claim(), []);
      assert.equal(await stateOf(storage, job.id), "enqueued");
    },
  },
  {
    id: "pause/resume",
    title: "a resumed queue gives what waited, in order",
    async run({ storage }) {
      const jobs = someJobs(3);
      await enqueue(storage, ...jobs);
      const server = await aServer(storage);
      await storage.control.pauseQueue(pause);
      await server.claim();

      await storage.control.resumeQueue(resume);

      assert.deepEqual(idsOf(await server.claim()), idsOf(jobs));
    },
  },
  {
    id: "pause/other-queues",
    title: "other queues give as before, and a paused queue takes nothing of the limit",
    async run({ storage }) {
      await enqueue(storage, ...someJobs(5), ...someJobs(5, { queue: "other" }));
      const server = await aServer(storage);
      await storage.control.pauseQueue(pause);

      const jobs = await server.claim(5, { queues: ["default", "other"] });

      assert.deepEqual(
        jobs.map((job) => job.queue),
        ["other", "other", "other", "other", "other"],
      );
    },
  },
  {
    id: "pause/for-ms",
    title: "a pause for a time ends by itself, by the storage's clock",
    async run({ storage, advance, slackMs }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      await storage.control.pauseQueue({ ...pause, forMs: 10 * MINUTE_MS });

      await advance(10 * MINUTE_MS - slackMs - 1);
      assert.deepEqual(await server.claim(), []);
      await advance(slackMs + 1);

      assert.equal((await server.claim()).length, 1);
    },
  },
  {
    id: "pause/next-claim",
    title: "`nextClaimInMs` counts the end of a pause of a queue that was asked for",
    async run({ storage, advance, slackMs }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      await storage.control.pauseQueue({ ...pause, forMs: 10 * MINUTE_MS });

      const first = await server.exchange({ claim: aClaim() });
      await advance(4 * MINUTE_MS);
      const second = await server.exchange({ claim: aClaim() });

      assertRemaining(first.nextClaimInMs, 10 * MINUTE_MS, slackMs);
      assertRemaining(second.nextClaimInMs, 6 * MINUTE_MS, slackMs);
    },
  },
  {
    id: "pause/next-claim-due-first",
    title: "`nextClaimInMs` is the sooner of the next due job and the end of a pause",
    async run({ storage, slackMs }) {
      await enqueue(storage, aJob(), aJobIn(3 * MINUTE_MS, { queue: "other" }));
      const server = await aServer(storage);
      await storage.control.pauseQueue({ ...pause, forMs: 10 * MINUTE_MS });

      const { nextClaimInMs } = await server.exchange({ claim: aClaim() });

      assertRemaining(nextClaimInMs, 3 * MINUTE_MS, slackMs);
    },
  },
  {
    id: "pause/open-end",
    title: "a pause without end names no time to ask again",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      await storage.control.pauseQueue(pause);

      const { nextClaimInMs } = await server.exchange({ claim: aClaim() });

      assert.equal(nextClaimInMs, null);
    },
  },
  {
    id: "pause/enqueue",
    title: "a paused queue takes new jobs",
    async run({ storage }) {
      await storage.control.pauseQueue(pause);
      const job = aJob();

      await enqueue(storage, job);

      assert.equal(await stateOf(storage, job.id), "enqueued");
    },
  },
  {
    id: "pause/running-goes-on",
    title: "what a paused queue gave before is settled as ever",
    async run({ storage }) {
      await enqueue(storage, ...someJobs(2));
      const server = await aServer(storage);
      const [first, second] = await server.claim(2);
      assert.ok(first && second);

      await storage.control.pauseQueue(pause);

      assert.equal(await server.settle(first, toSucceed()), "settled");
      assert.equal(await server.settle(second, toRelease()), "settled");
      assert.deepEqual(await server.claim(), []);
    },
  },
  {
    id: "pause/due",
    title: "due jobs of a paused queue are promoted but not given",
    async run({ storage, advance }) {
      const job = aJobIn(MINUTE_MS);
      await enqueue(storage, job);
      await storage.control.pauseQueue(pause);
      await advance(MINUTE_MS);
      const server = await aServer(storage);

      const jobs = await server.claim();

      assert.deepEqual(jobs, []);
      assert.equal(await stateOf(storage, job.id), "enqueued");
    },
  },
  {
    id: "pause/shown",
    title: "a pause is shown with who, why, since when and how long",
    async run({ storage, advance, slackMs }) {
      const nowMs = await nowOf(storage);
      await storage.control.pauseQueue({ ...pause, forMs: HOUR_MS });
      await advance(MINUTE_MS);

      const [record] = await storage.monitor.queues();

      assert.equal(record?.queue, "default");
      assert.equal(record.pause?.actor, "alice");
      assert.equal(record.pause.reason, "bank is closed");
      assertStamped(record.pause.since, nowMs, slackMs);
      assertRemaining(record.pause.endsInMs ?? null, HOUR_MS - MINUTE_MS, slackMs);
    },
  },
  {
    id: "pause/shown-open-end",
    title: "a pause without end is shown without one",
    async run({ storage }) {
      await storage.control.pauseQueue(pause);

      const [record] = await storage.monitor.queues();

      assert.ok(record?.pause);
      assert.equal("endsInMs" in record.pause, false);
    },
  },
  {
    id: "pause/shown-over",
    title: "a pause that is over is shown no more",
    async run({ storage, advance }) {
      await enqueue(storage, aJob(), aJob({ queue: "other" }));
      await storage.control.pauseQueue({ ...pause, forMs: MINUTE_MS });
      await storage.control.pauseQueue({ ...pause, queue: "other" });
      await storage.control.resumeQueue({ ...resume, queue: "other" });
      await advance(HOUR_MS);

      const queues = await storage.monitor.queues();

      assert.deepEqual(
        queues.map((queue) => queue.pause),
        [undefined, undefined],
      );
    },
  },
  {
    id: "pause/again",
    title: "a second pause takes the place of the first",
    async run({ storage, advance }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      await storage.control.pauseQueue({ ...pause, forMs: MINUTE_MS });
      await storage.control.pauseQueue({ ...pause, reason: "still closed" });
      await advance(HOUR_MS);

      assert.deepEqual(await server.claim(), []);
      const [record] = await storage.monitor.queues();
      assert.equal(record?.pause?.reason, "still closed");
    },
  },
  {
    id: "pause/resume-not-paused",
    title: "resuming a queue that is not paused, or has no jobs, does nothing",
    async run({ storage }) {
      const job = aJob();
      await enqueue(storage, job);

      await storage.control.resumeQueue(resume);
      await storage.control.resumeQueue({ ...resume, queue: "nowhere" });

      const server = await aServer(storage);
      assert.deepEqual(idsOf(await server.claim()), [job.id]);
    },
  },
  {
    id: "pause/other-client",
    title: "a pause made by one client holds for the claims of every other",
    async run({ storage, second }) {
      await enqueue(storage, aJob());
      const server = await aServer(await second());

      await storage.control.pauseQueue(pause);

      assert.deepEqual(await server.claim(), []);
    },
  },
  {
    id: "pause/race",
    title: "no claim that begins after the pause was answered takes from the queue",
    async run({ storage, second }) {
      const other = await second();
      for (let round = 0; round < 10; round++) {
        await enqueue(storage, ...someJobs(50));
        const servers = [await aServer(storage), await aServer(other)];
        const begun = servers.map((server) => server.exchange({ claim: aClaim({ limit: 3 }) }));

        await storage.control.pauseQueue(pause);
        const after = await Promise.all(
          servers.map((server) => server.exchange({ claim: aClaim({ limit: 3 }) })),
        );

        assert.deepEqual(
          after.flatMap((reply) => reply.jobs),
          [],
        );
        await Promise.all(begun);
        await storage.control.resumeQueue(resume);
      }
    },
  },
];
