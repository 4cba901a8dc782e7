import assert from "node:assert/strict";
import { assertStamped, enqueue, idsOf, nowOf, recordOf, stateOf } from "../assertions.ts";
import {
  aClaim,
  aJob,
  aJobIn,
  anAct,
  anId,
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  SECOND_MS,
  someJobs,
  toFail,
  toSucceed,
} from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer } from "../server-driver.ts";

export const deleteCases: readonly ConformanceCase[] = [
  {
    id: "delete/enqueued",
    title: "an enqueued job is deleted and given to nobody",
    async run({ storage, slackMs }) {
      const job = aJob();
      await enqueue(storage, job);
      const nowMs = await nowOf(storage);

      const results = await storage.control.delete({ ...anAct([job.id]), retainMs: HOUR_MS });

      assert.deepEqual(results, [{ kind: "done" }]);
      const record = await recordOf(storage, job.id);
      assert.equal(record.state, "deleted");
      assert.equal(record.reason, "requested");
      assertStamped(record.finishedAt, nowMs, slackMs);
      assertStamped(record.expiresAt, nowMs + HOUR_MS, slackMs);
      const server = await aServer(storage);
      assert.deepEqual(await server.claim(), []);
    },
  },
  {
    id: "delete/scheduled",
    title: "a scheduled job is deleted and never becomes due",
    async run({ storage, advance }) {
      const job = aJobIn(MINUTE_MS);
      await enqueue(storage, job);

      const results = await storage.control.delete({ ...anAct([job.id]), retainMs: DAY_MS });

      assert.deepEqual(results, [{ kind: "done" }]);
      const server = await aServer(storage);
      const { nextClaimInMs } = await server.exchange({ claim: aClaim() });
      assert.equal(nextClaimInMs, null);
      await advance(HOUR_MS);
      assert.deepEqual(await server.claim(), []);
      assert.equal(await stateOf(storage, job.id), "deleted");
    },
  },
  ...[toSucceed(), toFail()].map(
    (outcome): ConformanceCase => ({
      id: `delete/after-${outcome.kind}`,
      title: `a finished job (${outcome.kind}) is deleted`,
      async run({ storage }) {
        await enqueue(storage, aJob());
        const server = await aServer(storage);
        const job = await server.claimOne();
        await server.settle(job, outcome);

        const results = await storage.control.delete({ ...anAct([job.id]), retainMs: HOUR_MS });

        assert.deepEqual(results, [{ kind: "done" }]);
        assert.equal(await stateOf(storage, job.id), "deleted");
      },
    }),
  ),
  {
    id: "delete/twice",
    title: "deleting a deleted job is done",
    async run({ storage }) {
      const job = aJob();
      await enqueue(storage, job);
      const request = { ...anAct([job.id]), retainMs: HOUR_MS };
      await storage.control.delete(request);

      const results = await storage.control.delete(request);

      assert.deepEqual(results, [{ kind: "done" }]);
      assert.equal(await stateOf(storage, job.id), "deleted");
    },
  },
  {
    id: "delete/unknown",
    title: "a job that is not there is not found",
    async run({ storage }) {
      const results = await storage.control.delete({ ...anAct([anId()]), retainMs: HOUR_MS });

      assert.deepEqual(results, [{ kind: "not-found" }]);
    },
  },
  {
    id: "delete/from",
    title: "with `from` only jobs in these states are deleted; others answer their state",
    async run({ storage }) {
      const [waiting, scheduled] = [aJob(), aJobIn(HOUR_MS)];
      await enqueue(storage, waiting, scheduled);

      const results = await storage.control.delete({
        ...anAct([waiting.id, scheduled.id], { from: ["scheduled"] }),
        retainMs: HOUR_MS,
      });

      assert.deepEqual(results, [{ kind: "conflict", state: "enqueued" }, { kind: "done" }]);
      assert.equal(await stateOf(storage, waiting.id), "enqueued");
    },
  },
  {
    id: "delete/mixed",
    title: "a batch answers one result per id, in order, and the good ones are done",
    async run({ storage }) {
      const [running, first, second] = someJobs(3);
      assert.ok(running && first && second);
      await enqueue(storage, running, first, second);
      const server = await aServer(storage);
      await server.claimOne();

      const results = await storage.control.delete({
        ...anAct([first.id, anId(), running.id, second.id]),
        retainMs: HOUR_MS,
      });

      assert.deepEqual(results, [
        { kind: "done" },
        { kind: "not-found" },
        { kind: "requested" },
        { kind: "done" },
      ]);
    },
  },
  {
    id: "delete/history",
    title: "who deleted a job and why is kept in its history",
    async run({ storage }) {
      const job = aJob();
      await enqueue(storage, job);

      await storage.control.delete({
        ...anAct([job.id], { actor: "alice", reason: "wrong customer" }),
        retainMs: HOUR_MS,
      });

      const entry = (await recordOf(storage, job.id)).history?.at(-1);
      assert.deepEqual([entry?.from, entry?.to], ["enqueued", "deleted"]);
      assert.deepEqual([entry?.actor, entry?.reason], ["alice", "wrong customer"]);
    },
  },
  {
    id: "delete/retain-zero",
    title: "a deletion without retention is final: the job is in no list of waiting jobs",
    async run({ storage, advance }) {
      const job = aJob();
      await enqueue(storage, job);

      await storage.control.delete({ ...anAct([job.id]), retainMs: 0 });

      await advance(SECOND_MS);
      await storage.upkeep.prune(100);
      assert.equal(await stateOf(storage, job.id), null);
      const server = await aServer(storage);
      assert.deepEqual(await server.claim(), []);
    },
  },
  {
    id: "delete/among-many",
    title: "jobs around a deleted one keep their places",
    async run({ storage }) {
      const jobs = someJobs(5);
      await enqueue(storage, ...jobs);
      const ids = idsOf(jobs);
      await storage.control.delete({ ...anAct([ids[1] ?? "", ids[3] ?? ""]), retainMs: HOUR_MS });
      const server = await aServer(storage);

      const claimed = await server.claim();

      assert.deepEqual(idsOf(claimed), [ids[0], ids[2], ids[4]]);
    },
  },
  {
    id: "delete/claim-race",
    title: "a deletion that races with a claim either takes the job or is told to its holder",
    async run({ storage, second }) {
      const other = await second();
      for (let round = 0; round < 10; round++) {
        const job = aJob({ queue: `round-${round}` });
        await enqueue(storage, job);
        const server = await aServer(other);

        const [claimed, results] = await Promise.all([
          server.claim(1, { queues: [job.queue] }),
          storage.control.delete({ ...anAct([job.id]), retainMs: HOUR_MS }),
        ]);

        const [result] = results;
        if (claimed.length === 0) assert.deepEqual(result, { kind: "done" });
        else {
          assert.deepEqual(result, { kind: "requested" });
          assert.deepEqual((await server.heartbeat()).deletions, [job.id]);
        }
      }
    },
  },
];
