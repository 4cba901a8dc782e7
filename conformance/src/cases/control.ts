import assert from "node:assert/strict";
import type { JobState } from "@revojs/core";
import { assertRemaining, enqueue, idsOf, nowOf, recordOf, stateOf } from "../assertions.ts";
import {
  aClaim,
  aJob,
  aJobIn,
  anAct,
  anId,
  aUniqueJob,
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  SECOND_MS,
  toDelete,
  toFail,
  toSucceed,
} from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer } from "../server-driver.ts";

const content = { payload: '"new"', envelope: '{"v":2}', tags: ["new"], maxAttempts: 3 };

export const controlCases: readonly ConformanceCase[] = [
  {
    id: "control/unknown",
    title: "every act on a job that is not there answers `not-found`",
    async run({ storage: { control } }) {
      const act = anAct([anId()]);

      const results = [
        ...(await control.requeue({ ...act, resetAttempts: true })),
        ...(await control.reschedule({ ...act, start: { kind: "now" } })),
        ...(await control.move({ ...act, queue: "other" })),
        ...(await control.replaceContent({ ...act, ...content })),
      ];

      assert.deepEqual(
        results,
        results.map(() => ({ kind: "not-found" })),
      );
      assert.equal(results.length, 4);
    },
  },
  {
    id: "reschedule/scheduled",
    title: "a scheduled job takes a new time, and the next due time follows",
    async run({ storage, advance, slackMs }) {
      const job = aJobIn(HOUR_MS);
      await enqueue(storage, job);

      const results = await storage.control.reschedule({
        ...anAct([job.id]),
        start: { kind: "delay", delayMs: 5 * MINUTE_MS },
      });

      assert.deepEqual(results, [{ kind: "done" }]);
      const server = await aServer(storage);
      const { nextClaimInMs } = await server.exchange({ claim: aClaim() });
      assertRemaining(nextClaimInMs, 5 * MINUTE_MS, slackMs);
      await advance(5 * MINUTE_MS);
      assert.equal((await server.claimOne()).id, job.id);
    },
  },
  {
    id: "reschedule/later",
    title: "a job put off is not given at its old time",
    async run({ storage, advance }) {
      const job = aJobIn(MINUTE_MS);
      await enqueue(storage, job);
      const runAt = new Date((await nowOf(storage)) + HOUR_MS);

      await storage.control.reschedule({ ...anAct([job.id]), start: { kind: "at", runAt } });

      const server = await aServer(storage);
      await advance(30 * MINUTE_MS);
      assert.deepEqual(await server.claim(), []);
      assert.deepEqual((await recordOf(storage, job.id)).dueAt, runAt);
    },
  },
  {
    id: "reschedule/enqueued",
    title: "an enqueued job is put off and given to nobody before its time",
    async run({ storage, advance }) {
      const job = aJob();
      await enqueue(storage, job);

      await storage.control.reschedule({
        ...anAct([job.id]),
        start: { kind: "delay", delayMs: HOUR_MS },
      });

      assert.equal(await stateOf(storage, job.id), "scheduled");
      const server = await aServer(storage);
      assert.deepEqual(await server.claim(), []);
      await advance(HOUR_MS);
      assert.deepEqual(idsOf(await server.claim()), [job.id]);
    },
  },
  {
    id: "reschedule/now",
    title: "a scheduled job that is to start now is enqueued",
    async run({ storage }) {
      const job = aJobIn(HOUR_MS);
      await enqueue(storage, job);

      await storage.control.reschedule({ ...anAct([job.id]), start: { kind: "now" } });

      assert.equal(await stateOf(storage, job.id), "enqueued");
    },
  },
  {
    id: "move/queue",
    title: "a moved job is given from its new queue only, at the tail",
    async run({ storage, advance }) {
      const job = aJob({ queue: "a" });
      await enqueue(storage, job);
      const waiting = aJob({ queue: "b" });
      await advance(SECOND_MS);
      await enqueue(storage, waiting);
      await advance(SECOND_MS);

      const results = await storage.control.move({ ...anAct([job.id]), queue: "b" });

      assert.deepEqual(results, [{ kind: "done" }]);
      const server = await aServer(storage);
      assert.deepEqual(await server.claim(100, { queues: ["a"] }), []);
      assert.deepEqual(idsOf(await server.claim(100, { queues: ["b"] })), [waiting.id, job.id]);
    },
  },
  {
    id: "move/priority",
    title: "a job moved to another band is given with it",
    async run({ storage }) {
      const [first, second] = [aJob({ priority: 5 }), aJob({ priority: 5 })];
      await enqueue(storage, first, second);

      await storage.control.move({ ...anAct([second.id]), priority: 0 });

      const server = await aServer(storage);
      const claimed = await server.claim();
      assert.deepEqual(idsOf(claimed), [second.id, first.id]);
      assert.equal(claimed[0]?.priority, 0);
    },
  },
  {
    id: "move/scheduled",
    title: "a scheduled job moves and keeps its time",
    async run({ storage, advance }) {
      const job = aJobIn(HOUR_MS, { queue: "a" });
      await enqueue(storage, job);
      const before = await recordOf(storage, job.id);

      await storage.control.move({ ...anAct([job.id]), queue: "b", priority: 1 });

      const after = await recordOf(storage, job.id);
      assert.equal(after.state, "scheduled");
      assert.deepEqual(after.dueAt, before.dueAt);
      await advance(HOUR_MS);
      const server = await aServer(storage);
      assert.deepEqual(idsOf(await server.claim(100, { queues: ["b"] })), [job.id]);
    },
  },
  {
    id: "replace-content/enqueued",
    title: "a waiting job takes new content; type, id and unique key stay",
    async run({ storage }) {
      const job = aUniqueJob({}, { payload: '"old"', tags: ["old"] });
      await enqueue(storage, job);

      const results = await storage.control.replaceContent({ ...anAct([job.id]), ...content });

      assert.deepEqual(results, [{ kind: "done" }]);
      const record = await recordOf(storage, job.id);
      assert.deepEqual(record.texts, { payload: '"new"', envelope: '{"v":2}' });
      assert.deepEqual(record.tags, ["new"]);
      assert.equal(record.maxAttempts, 3);
      assert.equal(record.type, job.type);
      assert.deepEqual(await storage.monitor.holders(["invoice-42"]), [job.id]);
      const server = await aServer(storage);
      const claimed = await server.claimOne();
      assert.deepEqual(
        [claimed.payload, claimed.envelope, claimed.maxAttempts],
        ['"new"', '{"v":2}', 3],
      );
    },
  },
  {
    id: "replace-content/keeps-place",
    title: "new content changes neither the place nor the time of a job",
    async run({ storage, advance }) {
      const [first, second, due] = [aJob(), aJob(), aJobIn(HOUR_MS)];
      await enqueue(storage, first, second, due);
      const before = await recordOf(storage, due.id);
      await advance(SECOND_MS);

      await storage.control.replaceContent({ ...anAct([first.id, due.id]), ...content });

      const server = await aServer(storage);
      assert.deepEqual(idsOf(await server.claim()), [first.id, second.id]);
      assert.deepEqual((await recordOf(storage, due.id)).dueAt, before.dueAt);
    },
  },
  ...conflictCases(),
  {
    id: "control/history",
    title: "every act of an operator is kept in the history with actor and reason",
    async run({ storage: { control }, storage }) {
      const job = aJob({ queue: "a" });
      await enqueue(storage, job);
      const act = (reason: string): ReturnType<typeof anAct> =>
        anAct([job.id], { actor: "alice", reason });

      await control.move({ ...act("one"), queue: "b" });
      await control.replaceContent({ ...act("two"), ...content });
      await control.reschedule({ ...act("three"), start: { kind: "delay", delayMs: HOUR_MS } });
      await control.requeue({ ...act("four"), resetAttempts: false });
      await control.delete({ ...act("five"), retainMs: DAY_MS });

      const { history } = await recordOf(storage, job.id);
      assert.deepEqual(
        history?.map((entry) => [entry.actor, entry.reason]),
        ["one", "two", "three", "four", "five"].map((reason) => ["alice", reason]),
      );
    },
  },
  {
    id: "reschedule/past",
    title: "a job put to an instant that is over is enqueued",
    async run({ storage }) {
      const job = aJobIn(HOUR_MS);
      await enqueue(storage, job);
      const runAt = new Date((await nowOf(storage)) - HOUR_MS);

      await storage.control.reschedule({ ...anAct([job.id]), start: { kind: "at", runAt } });

      const server = await aServer(storage);
      assert.deepEqual(idsOf(await server.claim()), [job.id]);
    },
  },
  {
    id: "control/from",
    title: "`from` guards every act: a job in another state answers it and is left alone",
    async run({ storage: { control }, storage }) {
      const job = aJob();
      await enqueue(storage, job);
      const before = await recordOf(storage, job.id);
      const act = anAct([job.id], { from: ["scheduled"] });

      const results = [
        ...(await control.requeue({ ...act, resetAttempts: true })),
        ...(await control.reschedule({ ...act, start: { kind: "delay", delayMs: HOUR_MS } })),
        ...(await control.move({ ...act, queue: "other" })),
        ...(await control.replaceContent({ ...act, ...content })),
        ...(await control.delete({ ...act, retainMs: HOUR_MS })),
      ];

      assert.deepEqual(
        results,
        Array.from({ length: 5 }, () => ({ kind: "conflict", state: "enqueued" })),
      );
      assert.deepEqual(await recordOf(storage, job.id), before);
    },
  },
  {
    id: "control/batch-order",
    title: "acts answer one result per id, in the order of the ids, the same id twice included",
    async run({ storage: { control }, storage }) {
      const [job, other] = [aJob(), aJob()];
      await enqueue(storage, job, other);
      const server = await aServer(storage);
      await server.claimOne();

      const results = await control.move({
        ...anAct([other.id, anId(), job.id, other.id]),
        priority: 1,
      });

      assert.deepEqual(results, [
        { kind: "done" },
        { kind: "not-found" },
        { kind: "conflict", state: "processing" },
        { kind: "done" },
      ]);
    },
  },
];

/** Acts that speak of waiting jobs only, on jobs in every other state. */
function conflictCases(): readonly ConformanceCase[] {
  const states: readonly JobState[] = ["processing", "succeeded", "failed", "deleted"];
  return states.map((state) => ({
    id: `control/conflict-${state}`,
    title: `reschedule, move and replaceContent refuse a job that is ${state}`,
    async run({ storage: { control }, storage }): Promise<void> {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      if (state === "succeeded") await server.settle(job, toSucceed());
      if (state === "failed") await server.settle(job, toFail());
      if (state === "deleted") await server.settle(job, toDelete());
      const before = await recordOf(storage, job.id);
      const act = anAct([job.id]);

      const results = [
        ...(await control.reschedule({ ...act, start: { kind: "now" } })),
        ...(await control.move({ ...act, queue: "other" })),
        ...(await control.replaceContent({ ...act, ...content })),
      ];

      assert.deepEqual(
        results,
        results.map(() => ({ kind: "conflict", state })),
      );
      assert.equal(results.length, 3);
      assert.deepEqual(await recordOf(storage, job.id), before);
    },
  }));
}
