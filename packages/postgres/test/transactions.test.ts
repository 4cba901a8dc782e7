import { describeWithServer } from "@revojs/conformance/vitest";
import { job, type JobContext, RevoConfiguration } from "@revojs/core";
import type { PostgresTransaction } from "@revojs/postgres";
import { drizzle } from "drizzle-orm/node-postgres";
import knex from "knex";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { PostgresJobStorage } from "../src/postgres-job-storage.ts";
import { drizzleTransaction } from "./adapters/drizzle.ts";
import { knexTransaction } from "./adapters/knex.ts";
import { kyselyTransaction } from "./adapters/kysely.ts";
import { aClaim, aJob, registerServer } from "@revojs/conformance/fixtures";
import { TestDatabase } from "./test-database.ts";

/** Runs work in a transaction of some library, which commits unless the work throws. */
type InTransaction = (work: (transaction: PostgresTransaction) => Promise<void>) => Promise<void>;

class RolledBack extends Error {}

describeWithServer("postgres", "transactions on PostgreSQL", ({ url }) => {
  const database = new TestDatabase(url);
  const schema = database.schemaName();
  const storage = new PostgresJobStorage({ connectionString: url, schema, partitionDays: 0 });
  beforeAll(async () => {
    await storage.open();
  });
  afterAll(async () => {
    await storage.close();
    await database.close();
  });

  async function withPg(work: (transaction: PostgresTransaction) => Promise<void>): Promise<void> {
    const client = await database.pool.connect();
    try {
      await client.query("begin");
      await work(client);
      await client.query("commit");
    } catch (error) {
      await client.query("rollback");
      throw error;
    } finally {
      client.release();
    }
  }

  const kysely = new Kysely<object>({
    dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url, max: 2 }) }),
  });
  const drizzlePool = new pg.Pool({ connectionString: url, max: 2 });
  const drizzled = drizzle(drizzlePool);
  const knexed = knex({ client: "pg", connection: url, pool: { min: 0, max: 2 } });
  afterAll(async () => {
    await kysely.destroy();
    await drizzlePool.end();
    await knexed.destroy();
  });

  const libraries: readonly (readonly [name: string, inTransaction: InTransaction])[] = [
    ["pg", withPg],
    ["Kysely", (work) => kysely.transaction().execute((tx) => work(kyselyTransaction(tx)))],
    ["Drizzle", (work) => drizzled.transaction((tx) => work(drizzleTransaction(tx)))],
    ["Knex", (work) => knexed.transaction((tx) => work(knexTransaction(tx)))],
  ];

  describe.each(libraries)("of %s", (_name, inTransaction) => {
    it("a job is stored with the commit", async () => {
      const one = aJob({ tags: ['a"b', "$1 ?"], payload: '{"q":"? $1 \\" \'"}' });

      await inTransaction(async (transaction) => {
        const { results } = await storage.transactions.enqueueIn(transaction, { jobs: [one] });
        expect(results).toEqual([{ kind: "created" }]);
        expect(await storage.monitor.get([one.id])).toEqual([null]);
      });

      const [record] = await storage.monitor.get([one.id]);
      expect(record).toMatchObject({ state: "enqueued", tags: one.tags });
      expect(record?.texts?.payload).toBe(one.payload);
    });

    it("a job is gone with the rollback", async () => {
      const one = aJob();

      const rolledBack = inTransaction(async (transaction) => {
        await storage.transactions.enqueueIn(transaction, { jobs: [one] });
        throw new RolledBack();
      });

      await expect(rolledBack).rejects.toThrow(RolledBack);
      expect(await storage.monitor.get([one.id])).toEqual([null]);
    });

    it("a completion takes effect with the commit, and a stale one rolls back", async () => {
      const queue = `q-${aJob().id}`;
      const one = aJob({ queue });
      await storage.enqueue({ jobs: [one] });
      const serverId = await registerServer(storage);
      const claim = aClaim({ queues: [{ queue, limit: 1 }] });
      await storage.exchange({ serverId, settle: [], claim });
      const settlement = {
        jobId: one.id,
        token: claim.token,
        outcome: { kind: "succeed", retainMs: 60_000, result: '{"a":1}' },
      } as const;

      await inTransaction((transaction) =>
        storage.transactions.completeIn(transaction, settlement),
      );
      const again = inTransaction((transaction) =>
        storage.transactions.completeIn(transaction, settlement),
      );

      await expect(again).rejects.toMatchObject({ code: "REVO_LEASE_LOST" });
      expect(await storage.monitor.outcomes([one.id])).toEqual([
        { state: "succeeded", result: '{"a":1}' },
      ]);
    });
  });

  it("a client outside of a transaction is refused: nothing could be rolled back", async () => {
    const client = await database.pool.connect();
    const one = aJob();

    await expect(storage.transactions.enqueueIn(client, { jobs: [one] })).rejects.toMatchObject({
      code: "REVO_TRANSACTION_INVALID",
    });

    client.release();
    expect(await storage.monitor.get([one.id])).toEqual([null]);
  });

  it("a pool is no transaction", async () => {
    await expect(
      storage.transactions.enqueueIn(database.pool, { jobs: [aJob()] }),
    ).rejects.toMatchObject({ code: "REVO_TRANSACTION_INVALID" });
  });

  it("a transaction in which something has failed is refused", async () => {
    const failing = withPg(async (transaction) => {
      await transaction.query("select 1/0", []).catch(() => {});
      await storage.transactions.enqueueIn(transaction, { jobs: [aJob()] });
    });

    await expect(failing).rejects.toMatchObject({ code: "REVO_TRANSACTION_INVALID" });
  });

  it("many jobs, some of them duplicates, are stored in one transaction", async () => {
    const unique = { key: "once", scope: "untilFinished", onConflict: "keep" } as const;
    const [first, second] = [aJob({ unique }), aJob({ unique })];
    const others = Array.from({ length: 1500 }, () => aJob());

    await withPg(async (transaction) => {
      const { results } = await storage.transactions.enqueueIn(transaction, {
        jobs: [first, second, ...others],
      });
      expect(results.slice(0, 3)).toEqual([
        { kind: "created" },
        { kind: "duplicate", jobId: first.id },
        { kind: "created" },
      ]);
    });

    const { count } = await storage.monitor.count({ states: ["enqueued"] }, { atMost: 10_000 });
    expect(count).toBeGreaterThanOrEqual(1501);
  });

  it("wakes a sleeping server at the commit, not before", async () => {
    const queue = `q-${aJob().id}`;
    const serverId = await registerServer(storage);
    const causes: string[] = [];
    const listening = await storage.wakeUps?.listen({ serverId, onWake: (c) => causes.push(c) });
    await storage.exchange({
      serverId,
      settle: [],
      claim: aClaim({ queues: [{ queue, limit: 10 }] }),
    });

    await withPg(async (transaction) => {
      await storage.transactions.enqueueIn(transaction, { jobs: [aJob({ queue })] });
      expect(causes).toEqual([]);
    });

    await vi.waitFor(() => expect(causes).toEqual(["jobs"]));
    await listening?.close();
  });

  it("a handler moves money and completes its job in one transaction", async () => {
    const own = database.schemaName();
    await database.pool.query(`create schema "${own}"; create table "${own}".books (amount int)`);
    const book = job(
      "book",
      async ({ amount }: { readonly amount: number }, context: JobContext) => {
        await withPg(async (transaction) => {
          await transaction.query(`insert into "${own}".books values ($1)`, [amount]);
          await context.completeIn(transaction, { booked: amount });
        });
      },
    );
    const revo = await new RevoConfiguration()
      .useJobs(
        () => new PostgresJobStorage({ connectionString: url, schema: `${own}_jobs` }),
        (jobs) => jobs.add(book).server({ signals: false }),
      )
      .start();
    const client = await database.pool.connect();
    await client.query("begin");

    const handle = await revo.scheduler.enqueueJob(book, { amount: 5 }, { transaction: client });
    await client.query("commit");
    client.release();
    const result = await handle.result();

    expect(result).toEqual({ booked: 5 });
    expect(await database.rows(`select amount from "${own}".books`)).toEqual([{ amount: 5 }]);
    await revo.stop();
    await database.pool.query(`drop schema "${own}_jobs" cascade`);
  });
});
