import assert from "node:assert/strict";
import { enqueue, idsOf } from "../assertions.ts";
import { aJob, anAct, anId, HOUR_MS, someJobs, toRetry, toSucceed } from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer } from "../server-driver.ts";

export const signalsCases: readonly ConformanceCase[] = [
  {
    id: "lease/desired",
    title: "what a server is to do is told in every heartbeat until it is changed",
    async run({ storage }) {
      const server = await aServer(storage);
      const known = await storage.control.signalServer(server.id, "quiet");
      const told = [(await server.heartbeat()).desired, (await server.heartbeat()).desired];
      await storage.control.signalServer(server.id, "stop");
      told.push((await server.heartbeat()).desired);
      await storage.control.signalServer(server.id, "run");
      told.push((await server.heartbeat()).desired);

      assert.equal(known, true);
      assert.deepEqual(told, ["quiet", "quiet", "stop", "run"]);
    },
  },
  {
    id: "lease/desired-unknown",
    title: "signalling an unknown server answers `false`",
    async run({ storage }) {
      assert.equal(await storage.control.signalServer(anId(), "stop"), false);
    },
  },
  {
    id: "lease/deletions",
    title:
      "heartbeats tell the deletions requested of the server's own jobs, until they are settled",
    async run({ storage }) {
      const [mine, theirs] = [aJob({ queue: "a" }), aJob({ queue: "b" })];
      await enqueue(storage, mine, theirs);
      const [server, other] = [await aServer(storage), await aServer(storage)];
      const held = await server.claimOne({ queues: ["a"] });
      await other.claimOne({ queues: ["b"] });

      await storage.control.delete({ ...anAct([mine.id, theirs.id]), retainMs: HOUR_MS });

      assert.deepEqual((await server.heartbeat()).deletions, [mine.id]);
      assert.deepEqual((await server.heartbeat()).deletions, [mine.id]);
      assert.deepEqual((await other.heartbeat()).deletions, [theirs.id]);
      await server.settle(held, toRetry(0));
      assert.deepEqual((await server.heartbeat()).deletions, []);
    },
  },
  {
    id: "lease/deletions-after-success",
    title: "a requested deletion is told no more once the job succeeded",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      await storage.control.delete({ ...anAct([job.id]), retainMs: HOUR_MS });

      await server.settle(job, toSucceed());

      assert.deepEqual((await server.heartbeat()).deletions, []);
    },
  },
  {
    id: "lease/deletions-order",
    title: "deletions are told lowest id first",
    async run({ storage }) {
      const jobs = someJobs(10);
      await enqueue(storage, ...jobs);
      const server = await aServer(storage);
      await server.claim();
      const ids = idsOf(jobs);

      await storage.control.delete({ ...anAct(ids.toReversed()), retainMs: HOUR_MS });

      assert.deepEqual((await server.heartbeat()).deletions, ids);
    },
  },
  {
    id: "lease/deletions-bounded",
    title: "at most 1000 deletions are told at once, the lowest ids first",
    clocks: "once",
    async run({ storage }) {
      const jobs = someJobs(1100);
      await enqueue(storage, ...jobs);
      const server = await aServer(storage);
      await server.claim(550);
      await server.claim(550);
      const ids = idsOf(jobs);
      const { maxBatch } = storage.capabilities;
      for (let first = 0; first < ids.length; first += maxBatch) {
        const batch = ids.slice(first, first + maxBatch);
        await storage.control.delete({ ...anAct(batch), retainMs: HOUR_MS });
      }

      const { deletions } = await server.heartbeat();

      assert.deepEqual(deletions, ids.slice(0, 1000));
    },
  },
];
