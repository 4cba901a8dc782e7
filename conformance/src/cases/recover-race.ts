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
import {
  aClaim,
  aJob,
  HOUR_MS,
  someJobs,
  toFail,
  toRetry,
  toSucceed,
  anAct,
  MINUTE_MS,
} from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer } from "../server-driver.ts";

export const recoverRaceCases: readonly ConformanceCase[] = [
  ...[toSucceed(), toFail(), toRetry(HOUR_MS)].map(
    (outcome): ConformanceCase => ({
      id: `recover/not-after-${outcome.kind}`,
      title: `a job that its server had settled (${outcome.kind}) is not recovered`,
      async run({ storage }) {
        await enqueue(storage, ...someJobs(2));
        const server = await aServer(storage);
        const [done, open] = await server.claim(2);
        assert.ok(done && open);
        await server.settle(done, outcome);
        const before = await recordOf(storage, done.id);

        const reply = await server.recover();

        assertRecovered(reply, { returned: [open.id] });
        assert.deepEqual(await recordOf(storage, done.id), before);
      },
    }),
  ),
  {
    id: "recover/not-claimed-by-another",
    title: "a job that another server has claimed since is not recovered from the first",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const [first, second] = [await aServer(storage), await aServer(storage)];
      await first.settle(await first.claimOne(), toRetry(0));
      const job = await second.claimOne();

      const reply = await first.recover();

      assertRecovered(reply, {});
      assert.equal(await stateOf(storage, job.id), "processing");
      assert.equal(await second.settle(job, toSucceed()), "settled");
    },
  },
  {
    id: "recover/twice",
    title: "recovering twice is recovering once",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      await server.recover();
      const before = await recordOf(storage, job.id);

      const reply = await server.recover();

      assertRecovered(reply, {});
      assert.deepEqual(await recordOf(storage, job.id), before);
    },
  },
  {
    id: "recover/race",
    title: "of many witnesses that recover a server at once each job is returned by one",
    async run({ storage, second }) {
      await enqueue(storage, ...someJobs(20));
      const server = await aServer(storage);
      const jobs = await server.claim(20);
      const clients = [storage, await second()];

      const replies = await Promise.all(
        Array.from({ length: 6 }, (_, index) =>
          server.through(clients[index % 2] ?? storage).recover(),
        ),
      );

      const returned = replies.flatMap((reply) =>
        reply.kind === "recovered" ? reply.returned : [],
      );
      assertSameItems(returned, idsOf(jobs));
      for (const job of jobs) assert.equal((await recordOf(storage, job.id)).attempt, 0);
    },
  },
  {
    id: "recover/claim-race",
    title: "no job stays leased to a server that was recovered while it claimed",
    async run({ storage, second }) {
      const jobs = someJobs(30);
      await enqueue(storage, ...jobs);
      const server = await aServer(storage);
      const witness = server.through(await second());

      await Promise.all([
        server.exchange({ claim: aClaim({ limit: 10 }) }),
        witness.recover(),
        server.exchange({ claim: aClaim({ limit: 10 }) }),
      ]);
      await storage.upkeep.repair(100);
      const servers = await storage.monitor.servers();
      for (const { serverId, beat } of servers) await server.recover({ serverId, beat });

      const states = await statesOf(storage, jobs);
      assert.deepEqual(
        states,
        jobs.map(() => "enqueued"),
      );
    },
  },
  {
    id: "recover/deleted-retained",
    title:
      "a job deleted by recovery is kept for the time that the deletion asked for, and no longer",
    async run({ storage, advance }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      await storage.control.delete({ ...anAct([job.id]), retainMs: HOUR_MS });
      await server.recover({ retainMs: HOUR_MS });

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
    id: "recover/failed-retained",
    title: "a job failed by recovery is kept for `retainMs`, and no longer",
    async run({ storage, advance }) {
      await enqueue(storage, aJob({ maxCrashes: 0 }));
      const server = await aServer(storage);
      const job = await server.claimOne();
      await server.start(job);
      await server.recover({ retainMs: HOUR_MS });

      await advance(HOUR_MS - MINUTE_MS);
      await storage.upkeep.prune(100);
      const within = await stateOf(storage, job.id);
      await advance(2 * MINUTE_MS);
      await storage.upkeep.prune(100);

      assert.equal(within, "failed");
      assert.equal(await stateOf(storage, job.id), null);
    },
  },
  {
    id: "recover/mixed",
    title: "one recovery returns, fails and deletes, each job by its own crashes and marks",
    async run({ storage }) {
      const jobs = [aJob({ maxCrashes: 0 }), aJob(), aJob(), aJob({ maxCrashes: 0 })];
      await enqueue(storage, ...jobs);
      const server = await aServer(storage);
      const [pill, plain, unwanted, unmarked] = await server.claim();
      assert.ok(pill && plain && unwanted && unmarked);
      await server.start(pill);
      await storage.control.delete({ ...anAct([unwanted.id]), retainMs: HOUR_MS });

      const reply = await server.recover();

      assertRecovered(reply, {
        returned: [plain.id, unmarked.id],
        failed: [pill.id],
        deleted: [unwanted.id],
      });
    },
  },
];
