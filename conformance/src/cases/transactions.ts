import assert from "node:assert/strict";
import type { IJobStorage, IJobTransactions } from "@revojs/core";
import { assertRefused, enqueue, recordOf, stateOf } from "../assertions.ts";
import { aJob, aToken, aUniqueJob, toSucceed } from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer, fenceOf } from "../server-driver.ts";

export const transactionsCases: readonly ConformanceCase[] = [
  {
    id: "transactions/commit",
    title: "a job enqueued in a transaction is seen by others after the commit, not before",
    needs: ["facet:transactions"],
    async run({ storage, beginTransaction }) {
      const { transaction, commit } = await beginTransaction();
      const job = aJob();

      const enqueued = await transactionsOf(storage).enqueueIn(transaction, {
        jobs: [job],
      });
      const before = await stateOf(storage, job.id);
      await commit();
      await enqueued.wake();

      assert.deepEqual(enqueued.results, [{ kind: "created" }]);
      assert.equal(before, null);
      assert.equal(await stateOf(storage, job.id), "enqueued");
    },
  },
  {
    id: "transactions/rollback",
    title: "after a rollback nothing of the transaction remains, its unique keys included",
    needs: ["facet:transactions"],
    async run({ storage, beginTransaction }) {
      const { transaction, rollback } = await beginTransaction();
      const job = aUniqueJob({});
      await transactionsOf(storage).enqueueIn(transaction, { jobs: [job] });

      await rollback();

      assert.equal(await stateOf(storage, job.id), null);
      assert.deepEqual(await storage.monitor.holders(["invoice-42"]), [null]);
    },
  },
  {
    id: "transactions/not-claimable",
    title: "a job of an open transaction is given to nobody",
    needs: ["facet:transactions"],
    async run({ storage, beginTransaction }) {
      const { transaction, commit } = await beginTransaction();
      await transactionsOf(storage).enqueueIn(transaction, { jobs: [aJob()] });
      const server = await aServer(storage);

      const before = await server.claim();
      await commit();

      assert.deepEqual(before, []);
      assert.equal((await server.claim()).length, 1);
    },
  },
  {
    id: "transactions/complete",
    title: "a completion in a transaction takes effect with its commit",
    needs: ["facet:transactions"],
    async run({ storage, beginTransaction }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      const { transaction, commit } = await beginTransaction();

      await transactionsOf(storage).completeIn(transaction, {
        ...fenceOf(job),
        outcome: toSucceed({ result: "1" }),
      });
      const before = await stateOf(storage, job.id);
      await commit();

      assert.equal(before, "processing");
      assert.equal((await recordOf(storage, job.id)).texts?.result, "1");
    },
  },
  {
    id: "transactions/complete-rollback",
    title: "a completion that is rolled back leaves the job with its holder",
    needs: ["facet:transactions"],
    async run({ storage, beginTransaction }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      const { transaction, rollback } = await beginTransaction();
      await transactionsOf(storage).completeIn(transaction, {
        ...fenceOf(job),
        outcome: toSucceed(),
      });

      await rollback();

      assert.equal(await server.settle(job, toSucceed()), "settled");
    },
  },
  {
    id: "transactions/complete-stale",
    title: "a completion under another token throws REVO_LEASE_LOST, so that the caller rolls back",
    needs: ["facet:transactions"],
    async run({ storage, beginTransaction }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      const { transaction, rollback } = await beginTransaction();

      await assertRefused(
        () =>
          transactionsOf(storage).completeIn(transaction, {
            jobId: job.id,
            token: aToken(),
            outcome: toSucceed(),
          }),
        "REVO_LEASE_LOST",
      );

      await rollback();
      assert.equal(await stateOf(storage, job.id), "processing");
    },
  },
  {
    id: "transactions/over",
    title: "a transaction that is over is refused with REVO_TRANSACTION_INVALID",
    needs: ["facet:transactions"],
    async run({ storage, beginTransaction }) {
      const { transaction, commit } = await beginTransaction();
      await commit();
      const job = aJob();

      await assertRefused(
        () => transactionsOf(storage).enqueueIn(transaction, { jobs: [job] }),
        "REVO_TRANSACTION_INVALID",
      );

      assert.equal(await stateOf(storage, job.id), null);
    },
  },
  {
    id: "transactions/foreign",
    title: "what is no transaction of this storage is refused with REVO_TRANSACTION_INVALID",
    needs: ["facet:transactions"],
    async run({ storage }) {
      await assertRefused(
        () => transactionsOf(storage).enqueueIn({}, { jobs: [aJob()] }),
        "REVO_TRANSACTION_INVALID",
      );
    },
  },
];

function transactionsOf(storage: IJobStorage<unknown>): IJobTransactions<unknown> {
  assert.ok(storage.transactions);
  return storage.transactions;
}
