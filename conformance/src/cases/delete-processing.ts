import assert from "node:assert/strict";
import {
  assertRecovered,
  assertStamped,
  enqueue,
  nowOf,
  recordOf,
  stateOf,
} from "../assertions.ts";
import {
  aJob,
  anAct,
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  toDelete,
  toFail,
  toRelease,
  toRetry,
  toSucceed,
} from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer, fenceOf } from "../server-driver.ts";

export const deleteProcessingCases: readonly ConformanceCase[] = [
  {
    id: "delete/processing",
    title: "a processing job is only marked: it keeps its lease until it is settled",
    async run({ storage, slackMs }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      const nowMs = await nowOf(storage);

      const results = await storage.control.delete({ ...anAct([job.id]), retainMs: HOUR_MS });

      assert.deepEqual(results, [{ kind: "requested" }]);
      const record = await recordOf(storage, job.id);
      assert.equal(record.state, "processing");
      assert.equal(record.serverId, server.id);
      assertStamped(record.deletionRequestedAt, nowMs, slackMs);
    },
  },
  {
    id: "delete/processing-succeeds",
    title: "a success wins over a requested deletion",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      await storage.control.delete({ ...anAct([job.id]), retainMs: HOUR_MS });

      const status = await server.settle(job, toSucceed({ result: "1" }));

      assert.equal(status, "settled");
      assert.deepEqual(await storage.monitor.outcomes([job.id]), [
        { state: "succeeded", result: "1" },
      ]);
    },
  },
  ...[
    { name: "retry", outcome: toRetry(0) },
    { name: "retry-later", outcome: toRetry(HOUR_MS) },
    { name: "fail", outcome: toFail() },
    { name: "release", outcome: toRelease() },
    { name: "delete", outcome: toDelete() },
  ].map(
    ({ name, outcome }): ConformanceCase => ({
      id: `delete/processing-${name}`,
      title: `with a deletion requested, ${name} ends the job as deleted`,
      async run({ storage, advance }) {
        await enqueue(storage, aJob());
        const server = await aServer(storage);
        const job = await server.claimOne();
        await storage.control.delete({ ...anAct([job.id]), retainMs: DAY_MS });

        const status = await server.settle(job, outcome);

        assert.equal(status, "deleted");
        assert.equal(await stateOf(storage, job.id), "deleted");
        await advance(HOUR_MS);
        assert.deepEqual(await server.claim(), []);
      },
    }),
  ),
  {
    id: "delete/processing-retained",
    title: "a job deleted at its settlement is kept for the time that the deletion asked for",
    async run({ storage, advance }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      await storage.control.delete({ ...anAct([job.id]), retainMs: HOUR_MS });
      await server.settle(job, toRetry(0));

      await advance(HOUR_MS - MINUTE_MS);
      await storage.upkeep.prune(100);
      const within = await stateOf(storage, job.id);
      await advance(2 * MINUTE_MS);
      await storage.upkeep.prune(100);

      assert.equal(within, "deleted");
      assert.equal(await stateOf(storage, job.id), null);
    },
  },
  {
    id: "delete/processing-repeat",
    title: "the repeat of a settlement that was stored as deleted answers `already`",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      await storage.control.delete({ ...anAct([job.id]), retainMs: HOUR_MS });
      const settle = [{ ...fenceOf(job), outcome: toRetry(0) }];
      await server.exchange({ settle });

      const { settled } = await server.exchange({ settle, repeat: true });

      assert.deepEqual(settled, ["already"]);
    },
  },
  {
    id: "delete/processing-twice",
    title: "asking twice to delete a processing job is asking once",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();

      const request = { ...anAct([job.id]), retainMs: HOUR_MS };
      const first = await storage.control.delete(request);
      const second = await storage.control.delete(request);

      assert.deepEqual([...first, ...second], [{ kind: "requested" }, { kind: "requested" }]);
      assert.deepEqual((await server.heartbeat()).deletions, [job.id]);
    },
  },
  {
    id: "delete/processing-recovered",
    title: "recovery deletes a job whose deletion was requested and gives it to nobody",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      await storage.control.delete({ ...anAct([job.id]), retainMs: HOUR_MS });

      assertRecovered(await server.recover(), { deleted: [job.id] });

      const next = await aServer(storage);
      assert.deepEqual(await next.claim(), []);
      assert.equal(await stateOf(storage, job.id), "deleted");
    },
  },
  {
    id: "delete/processing-history",
    title: "who asked for the deletion of a processing job and why is kept in its history",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      await storage.control.delete({
        ...anAct([job.id], { actor: "alice", reason: "wrong customer" }),
        retainMs: HOUR_MS,
      });

      await server.settle(job, toRetry(0));

      const { history } = await recordOf(storage, job.id);
      const act = history?.find((entry) => entry.actor === "alice");
      assert.equal(act?.reason, "wrong customer");
    },
  },
];
