import assert from "node:assert/strict";
import { assertElapsed, enqueue, recordOf, stateOf } from "../assertions.ts";
import { aClaim, aJob, anId, DAY_MS, HOUR_MS, MINUTE_MS, someJobs } from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer } from "../server-driver.ts";

export const leaseCases: readonly ConformanceCase[] = [
  {
    id: "lease/register",
    title: "a new server is known from its first beat on",
    async run({ storage }) {
      const reply = await storage.register({ serverId: anId(), leaseMs: 15_000, info: "{}" });

      assert.equal(reply.lease, "held");
      assert.equal(reply.beat, 1);
      assert.equal(reply.desired, "run");
      assert.deepEqual(reply.deletions, []);
    },
  },
  {
    id: "lease/register-again",
    title: "registering a known server answers its beat and changes nothing else",
    async run({ storage }) {
      const server = await aServer(storage, { info: '{"slots":10}', leaseMs: 15_000 });
      await server.heartbeat();
      await storage.control.signalServer(server.id, "quiet");

      const reply = await storage.register({ serverId: server.id, leaseMs: 1000, info: "{}" });

      assert.equal(reply.beat, 2);
      assert.equal(reply.lease, "held");
      assert.equal(reply.desired, "quiet");
      const [record] = await storage.monitor.servers();
      assert.equal(record?.leaseMs, 15_000);
      assert.equal(record.info, '{"slots":10}');
      assert.equal(record.beat, 2);
    },
  },
  {
    id: "lease/beat",
    title: "each heartbeat adds one to the beat",
    async run({ storage }) {
      const server = await aServer(storage);

      const beats = [
        (await server.heartbeat()).beat,
        (await server.heartbeat()).beat,
        (await server.heartbeat()).beat,
      ];

      assert.deepEqual(beats, [2, 3, 4]);
    },
  },
  {
    id: "lease/beat-concurrent",
    title: "overlapping heartbeats add one each",
    async run({ storage }) {
      const server = await aServer(storage);

      const replies = await Promise.all(Array.from({ length: 10 }, () => server.heartbeat()));

      const beats = replies.map((reply) => reply.beat).toSorted((a, b) => a - b);
      assert.deepEqual(beats, [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    },
  },
  {
    id: "lease/heartbeat-unknown",
    title:
      "the heartbeat of an unknown server is told that the lease is lost, and creates no server",
    async run({ storage }) {
      const serverId = anId();

      const reply = await storage.heartbeat({ serverId, peers: 0 });

      assert.equal(reply.lease, "lost");
      assert.deepEqual(await storage.monitor.servers(), []);
      const again = await storage.heartbeat({ serverId, peers: 0 });
      assert.equal(again.lease, "lost");
    },
  },
  {
    id: "lease/heartbeat-does-not-revive",
    title: "a heartbeat does not revive a server that was recovered",
    async run({ storage }) {
      const jobs = someJobs(2);
      await enqueue(storage, ...jobs);
      const server = await aServer(storage);
      await server.claim(2);
      await server.recover({ limit: 1 });

      const replies = [await server.heartbeat(), await server.heartbeat()];

      assert.deepEqual(
        replies.map((reply) => reply.lease),
        ["lost", "lost"],
      );
      const { jobs: claimed } = await server.exchange({ claim: aClaim() });
      assert.deepEqual(claimed, []);
    },
  },
  {
    id: "lease/register-does-not-revive",
    title: "registering the id of a lost server does not revive it",
    async run({ storage }) {
      await enqueue(storage, ...someJobs(2));
      const server = await aServer(storage);
      await server.claim(2);
      await server.recover({ limit: 1 });

      const reply = await storage.register({ serverId: server.id, leaseMs: 15_000, info: "{}" });

      assert.equal(reply.lease, "lost");
      const { jobs, lease } = await server.exchange({ claim: aClaim() });
      assert.deepEqual(jobs, []);
      assert.equal(lease, "lost");
    },
  },
  {
    id: "lease/unregister",
    title: "an unregistered server is lost at once",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      await server.claimOne();

      await server.unregister();

      assert.equal((await server.heartbeat()).lease, "lost");
    },
  },
  {
    id: "lease/unregister-unknown",
    title: "unregistering twice, or an unknown server, does nothing",
    async run({ storage }) {
      const server = await aServer(storage);

      await server.unregister();
      await server.unregister();
      await storage.unregister(anId());

      assert.equal((await server.heartbeat()).lease, "lost");
    },
  },
  {
    id: "lease/unregister-keeps-jobs",
    title: "unregistering leaves the held jobs to recovery",
    async run({ storage }) {
      const job = aJob();
      await enqueue(storage, job);
      const server = await aServer(storage);
      await server.claimOne();

      await server.unregister();

      assert.equal(await stateOf(storage, job.id), "processing");
      await server.recover();
      assert.equal(await stateOf(storage, job.id), "enqueued");
    },
  },
  {
    id: "lease/no-clock",
    title: "no lease ends by the clock alone",
    async run({ storage, advance }) {
      const job = aJob();
      await enqueue(storage, job);
      const server = await aServer(storage, { leaseMs: 1000 });
      await server.claimOne();

      await advance(DAY_MS);
      await storage.upkeep.promote(100);
      await storage.upkeep.prune(100);
      await storage.upkeep.repair(100);

      assert.equal(await stateOf(storage, job.id), "processing");
      assert.equal((await server.heartbeat()).lease, "held");
    },
  },
  {
    id: "lease/storage-now",
    title: "heartbeats tell the storage's clock",
    async run({ storage, advance, slackMs }) {
      const server = await aServer(storage);
      const before = await server.heartbeat();
      await advance(HOUR_MS);

      const after = await server.heartbeat();

      const passedMs = after.storageNow.getTime() - before.storageNow.getTime();
      assertElapsed(passedMs, HOUR_MS, slackMs);
    },
  },
  {
    id: "lease/exchange-is-no-beat",
    title: "an exchange is no heartbeat",
    async run({ storage }) {
      const server = await aServer(storage);

      await server.exchange({ claim: aClaim() });

      assert.equal((await server.heartbeat()).beat, 2);
    },
  },
  {
    id: "lease/heartbeat-beside-exchange",
    title: "a heartbeat beside exchanges of the same server is answered, and so are they",
    async run({ storage }) {
      const jobs = someJobs(20);
      await enqueue(storage, ...jobs);
      const server = await aServer(storage);

      const [claimed, beat, more] = await Promise.all([
        server.claim(10),
        server.heartbeat(),
        server.claim(10),
      ]);

      assert.equal(beat.lease, "held");
      assert.equal(claimed.length + more.length, 20);
    },
  },
  {
    id: "lease/heartbeat-keeps-jobs",
    title: "a heartbeat changes nothing of the jobs held",
    async run({ storage, advance }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      const before = await recordOf(storage, job.id);
      await advance(MINUTE_MS);

      await server.heartbeat();

      assert.deepEqual(await recordOf(storage, job.id), before);
    },
  },
];
