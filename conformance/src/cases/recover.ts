import assert from "node:assert/strict";
import {
  assertRecovered,
  assertSameItems,
  enqueue,
  idsOf,
  recordOf,
  stateOf,
  statesOf,
} from "../assertions.ts";
import { aClaim, aJob, anAct, anId, HOUR_MS, MINUTE_MS, someJobs } from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer } from "../server-driver.ts";

export const recoverCases: readonly ConformanceCase[] = [
  {
    id: "recover/returned",
    title: "a recovered job is enqueued in its old place with its attempt refunded",
    async run({ storage, advance }) {
      const job = aJob();
      await enqueue(storage, job);
      const before = await recordOf(storage, job.id);
      const server = await aServer(storage);
      await server.claimOne();
      await advance(MINUTE_MS);

      const reply = await server.recover();

      assertRecovered(reply, { returned: [job.id] });
      const record = await recordOf(storage, job.id);
      assert.equal(record.state, "enqueued");
      assert.equal(record.attempt, 0);
      assert.deepEqual(record.enqueuedAt, before.enqueuedAt);
    },
  },
  {
    id: "recover/claimed-again",
    title: "a recovered job is given to the next server as the same attempt",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const dead = await aServer(storage);
      const first = await dead.claimOne();
      await dead.recover();
      const server = await aServer(storage);

      const second = await server.claimOne();

      assert.equal(second.id, first.id);
      assert.equal(second.attempt, 1);
      assert.equal(second.payload, first.payload);
    },
  },
  {
    id: "recover/beat-moved",
    title: "a server whose beat has moved lives: nothing is changed",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      const seen = server.beat;
      await server.heartbeat();
      const before = await recordOf(storage, job.id);

      const reply = await server.recover({ beat: seen });

      assert.deepEqual(reply, { kind: "beat-moved" });
      assert.deepEqual(await recordOf(storage, job.id), before);
      assert.equal((await server.heartbeat()).lease, "held");
    },
  },
  {
    id: "recover/future-beat",
    title: "a beat that the server has not reached is no reason to recover it",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();

      const reply = await server.recover({ beat: server.beat + 1 });

      assert.deepEqual(reply, { kind: "beat-moved" });
      assert.equal(await stateOf(storage, job.id), "processing");
    },
  },
  {
    id: "recover/lost-for-ever",
    title: "a recovered server is lost for ever and claims nothing",
    async run({ storage }) {
      await enqueue(storage, ...someJobs(3));
      const server = await aServer(storage);
      await server.claim(2);

      await server.recover({ limit: 1 });

      const reply = await server.exchange({ claim: aClaim() });
      assert.deepEqual(reply.jobs, []);
      assert.equal(reply.lease, "lost");
      const [record] = await storage.monitor.servers();
      assert.equal(record?.lost, true);
    },
  },
  {
    id: "recover/idle-server",
    title: "recovering a server that holds nothing forgets it",
    async run({ storage }) {
      const server = await aServer(storage);

      const reply = await server.recover();

      assertRecovered(reply, {});
      assert.deepEqual(await storage.monitor.servers(), []);
      assert.equal((await server.heartbeat()).lease, "lost");
    },
  },
  {
    id: "recover/forgotten-with-last-job",
    title: "with its last job a lost server is forgotten",
    async run({ storage }) {
      await enqueue(storage, ...someJobs(3));
      const server = await aServer(storage);
      await server.claim(3);

      await server.recover();
      await server.recover();

      assert.deepEqual(await storage.monitor.servers(), []);
    },
  },
  {
    id: "recover/unknown-server",
    title: "recovering an unknown server recovers nothing",
    async run({ storage }) {
      const job = aJob();
      await enqueue(storage, job);
      const server = await aServer(storage);
      await server.claimOne();

      const reply = await server.recover({ serverId: anId(), beat: 1 });

      assertRecovered(reply, {});
      assert.equal(await stateOf(storage, job.id), "processing");
    },
  },
  {
    id: "recover/limit",
    title: "recovery takes no more than its limit and asks to be called again",
    async run({ storage }) {
      const jobs = someJobs(5);
      await enqueue(storage, ...jobs);
      const server = await aServer(storage);
      await server.claim(5);
      const returned: string[] = [];
      const counts: number[] = [];

      for (let more = true; more; ) {
        const reply = await server.recover({ limit: 2 });
        assert.equal(reply.kind, "recovered");
        if (reply.kind !== "recovered") return;
        returned.push(...reply.returned);
        counts.push(reply.returned.length);
        more = reply.more;
      }

      assert.ok(counts.every((count) => count <= 2));
      assertSameItems(returned, idsOf(jobs));
      assert.deepEqual(
        await statesOf(storage, jobs),
        jobs.map(() => "enqueued"),
      );
    },
  },
  {
    id: "recover/unregistered",
    title: "a server that unregistered itself is recovered whatever the beat",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      await server.unregister();

      const reply = await server.recover({ beat: 12_345 });

      assertRecovered(reply, { returned: [job.id] });
    },
  },
  {
    id: "recover/lost-needs-no-beat",
    title: "the rest of a lost server is recovered whatever the beat",
    async run({ storage }) {
      await enqueue(storage, ...someJobs(2));
      const server = await aServer(storage);
      await server.claim(2);
      await server.recover({ limit: 1 });

      const reply = await server.recover({ beat: 12_345 });

      assert.equal(reply.kind, "recovered");
      assert.equal(reply.kind === "recovered" ? reply.returned.length : 0, 1);
    },
  },
  {
    id: "recover/own-jobs-only",
    title: "the jobs of other servers are not touched",
    async run({ storage }) {
      await enqueue(storage, ...someJobs(4));
      const [dead, alive] = [await aServer(storage), await aServer(storage)];
      const lost = await dead.claim(2);
      const kept = await alive.claim(2);

      const reply = await dead.recover();

      assertRecovered(reply, { returned: idsOf(lost) });
      assert.deepEqual(await statesOf(storage, kept), ["processing", "processing"]);
    },
  },
  {
    id: "recover/deletion-requested",
    title: "a job whose deletion was requested is deleted by recovery",
    async run({ storage }) {
      await enqueue(storage, ...someJobs(2));
      const server = await aServer(storage);
      const [unwanted, other] = await server.claim(2);
      assert.ok(unwanted && other);
      await storage.control.delete({ ...anAct([unwanted.id]), retainMs: HOUR_MS });

      const reply = await server.recover();

      assertRecovered(reply, { returned: [other.id], deleted: [unwanted.id] });
      assert.equal(await stateOf(storage, unwanted.id), "deleted");
    },
  },
];
