import assert from "node:assert/strict";
import type { IJobStorage } from "@revojs/core";
import { assertSameItems, enqueue, enqueueOne, idsOf, recordOf, statesOf } from "../assertions.ts";
import { aClaim, aJob, aUniqueJob, someJobs, toRelease, toSucceed } from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer, type HeldJob } from "../server-driver.ts";

export const concurrencyCases: readonly ConformanceCase[] = [
  {
    id: "concurrency/claim-race",
    title: "20 claimers of 1,000 jobs, each with its own batch size, together get each job once",
    async run({ storage, second }) {
      const clients = [storage, await second()];
      const jobs = someJobs(1000);
      await enqueue(storage, ...jobs);
      const runs = new Map<string, number>();

      await Promise.all(
        Array.from({ length: 20 }, async (_, index) => {
          const server = await aServer(clients[index % 2] ?? storage);
          const limit = 1 + ((index * 7) % 50);
          for (;;) {
            const held = await server.claim(limit);
            if (held.length === 0) return;
            for (const job of held) runs.set(job.id, (runs.get(job.id) ?? 0) + 1);
            const statuses = await server.settleAll(held, toSucceed());
            assert.ok(statuses.every((status) => status === "settled"));
          }
        }),
      );

      assert.equal(runs.size, 1000);
      assert.ok([...runs.values()].every((count) => count === 1));
      const states = await statesOf(storage, jobs.slice(0, 100));
      assert.ok(states.every((state) => state === "succeeded"));
    },
  },
  {
    id: "concurrency/unique-race",
    title: "50 racing enqueuers of one key store one job, and all are told the same id",
    async run({ storage, second }) {
      const clients = [storage, await second()];

      for (let round = 0; round < 5; round++) {
        const key = `k-${round}`;
        const jobs = Array.from({ length: 50 }, () => aUniqueJob({ key }));
        const results = await Promise.all(
          jobs.map((job, index) => enqueueOne(clients[index % 2] ?? storage, job)),
        );

        const created = jobs.filter((_, index) => results[index]?.kind === "created");
        assert.equal(created.length, 1);
        for (const result of results) {
          if (result.kind === "created") continue;
          assert.deepEqual(result, { kind: "duplicate", jobId: created[0]?.id });
        }
        const stored = (await statesOf(storage, jobs)).filter((state) => state !== null);
        assert.equal(stored.length, 1);
      }
    },
  },
  {
    id: "concurrency/unique-race-in-batches",
    title: "racing batches that share keys store one job for each key",
    async run({ storage, second }) {
      const clients = [storage, await second()];
      const keys = Array.from({ length: 10 }, (_, index) => `k-${index}`);
      // Opposite orders: stores that lock keys one by one meet each other half-way.
      const batches = Array.from({ length: 6 }, (_, index) =>
        (index % 2 === 0 ? keys : keys.toReversed()).map((key) => aUniqueJob({ key })),
      );

      const results = await Promise.all(
        batches.map((jobs, index) => (clients[index % 2] ?? storage).enqueue({ jobs })),
      );

      const created = results.flat().filter((result) => result.kind === "created");
      assert.equal(created.length, 10);
      const holders = await storage.monitor.holders(keys);
      assert.ok(holders.every((holder) => holder !== null));
    },
  },
  {
    id: "concurrency/unique-while-finishing",
    title: "enqueuers that race with the end of the holder store at most one more job",
    async run({ storage, second }) {
      const other = await second();
      for (let round = 0; round < 10; round++) {
        const unique = { key: `k-${round}` };
        const queue = `round-${round}`;
        await enqueue(storage, aUniqueJob(unique, { queue }));
        const server = await aServer(other);
        const held = await server.claimOne({ queues: [queue] });

        const [results] = await Promise.all([
          Promise.all(
            Array.from({ length: 10 }, () => enqueueOne(storage, aUniqueJob(unique, { queue }))),
          ),
          server.settle(held, toSucceed()),
        ]);

        const created = results.filter((result) => result.kind === "created");
        assert.ok(created.length <= 1, `${created.length} jobs under one key`);
      }
    },
  },
  {
    id: "concurrency/settle-race",
    title: "of many concurrent settlements of one job exactly one is stored",
    async run({ storage, second }) {
      const other = await second();
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      const drivers = [server, server.through(other)];

      const statuses = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          (drivers[index % 2] ?? server).settle(job, toSucceed({ result: `${index}` })),
        ),
      );

      assertSameItems(statuses, ["settled", ...Array.from({ length: 9 }, () => "already")]);
      const { texts } = await recordOf(storage, job.id);
      assert.equal(texts?.result, `${statuses.indexOf("settled")}`);
    },
  },
  {
    id: "concurrency/settle-opposite-orders",
    title: "batches of the same settlements in opposite orders are both answered",
    async run({ storage, second }) {
      const other = await second();
      await enqueue(storage, ...someJobs(50));
      const server = await aServer(storage);
      const jobs = await server.claim(50);

      const [forward, backward] = await Promise.all([
        server.settleAll(jobs, toSucceed()),
        server.through(other).settleAll(jobs.toReversed(), toSucceed()),
      ]);

      for (const [index, status] of forward.entries()) {
        assertSameItems([status, backward[49 - index] ?? ""], ["settled", "already"]);
      }
    },
  },
  {
    id: "concurrency/settle-against-recover",
    title: "a settlement that races with recovery is stored or stale, and never both",
    async run({ storage, second }) {
      const other = await second();
      for (let round = 0; round < 20; round++) {
        const queue = `round-${round}`;
        await enqueue(storage, aJob({ queue }));
        const server = await aServer(storage);
        const job = await server.claimOne({ queues: [queue] });

        const [status, reply] = await Promise.all([
          server.settle(job, toSucceed()),
          server.through(other).recover(),
        ]);

        const returned = reply.kind === "recovered" ? reply.returned.length : 0;
        assert.equal(returned, status === "settled" ? 0 : 1, `${status} and ${returned} returned`);
        const { state } = await recordOf(storage, job.id);
        assert.equal(state, status === "settled" ? "succeeded" : "enqueued");
      }
    },
  },
  {
    id: "concurrency/one-pipeline",
    title: "overlapping exchanges of one server, each settling and claiming, run each job once",
    async run({ storage }) {
      const jobs = someJobs(200);
      await enqueue(storage, ...jobs);
      const server = await aServer(storage);
      const done: string[] = [];

      await Promise.all(
        Array.from({ length: 4 }, async () => {
          let held: readonly HeldJob[] = [];
          do {
            done.push(...idsOf(held));
            const claim = aClaim({ limit: 7 });
            const settle = held.map(({ id: jobId, token }) => ({
              jobId,
              token,
              outcome: toSucceed(),
            }));
            const reply = await server.exchange({ settle, claim });
            assert.ok(reply.settled.every((status) => status === "settled"));
            held = reply.jobs.map((job) => ({ ...job, token: claim.token }));
          } while (held.length > 0);
        }),
      );

      assertSameItems(done, idsOf(jobs));
    },
  },
  {
    id: "concurrency/enqueue-while-claiming",
    title: "jobs enqueued while others are claimed are all given, each once",
    async run({ storage, second }) {
      const producer = await second();
      const batches = Array.from({ length: 20 }, () => someJobs(10));
      const runs: string[] = [];
      const state = { isProducing: true };

      await Promise.all([
        produce(producer, batches).finally(() => {
          state.isProducing = false;
        }),
        ...Array.from({ length: 3 }, async () => {
          const server = await aServer(storage);
          for (;;) {
            const last = !state.isProducing;
            const held = await server.claim(13);
            runs.push(...idsOf(held));
            await server.settleAll(held, toSucceed());
            if (last && held.length === 0) return;
          }
        }),
      ]);

      assertSameItems(runs, idsOf(batches.flat()));
    },
  },
  {
    id: "concurrency/releases",
    title: "servers that release and claim at once lose no job and double none",
    async run({ storage, second }) {
      const clients = [storage, await second()];
      const jobs = someJobs(30);
      await enqueue(storage, ...jobs);

      await Promise.all(
        Array.from({ length: 6 }, async (_, index) => {
          const server = await aServer(clients[index % 2] ?? storage);
          for (let round = 0; round < 10; round++) {
            const statuses = await server.settleAll(await server.claim(5), toRelease());
            assert.ok(statuses.every((status) => status === "settled"));
          }
        }),
      );

      const server = await aServer(storage);
      const held = await server.claim(100);
      assertSameItems(idsOf(held), idsOf(jobs));
      for (const job of held) assert.equal(job.attempt, 1);
    },
  },
];

async function produce(
  storage: IJobStorage<unknown>,
  batches: readonly (readonly ReturnType<typeof aJob>[])[],
): Promise<void> {
  for (const batch of batches) await enqueue(storage, ...batch);
}
