import { jobStorageCases, runCase } from "@revojs/conformance";
import { describeWithServer } from "@revojs/conformance/vitest";
import { afterAll, describe, expect, it } from "vitest";
import { PostgresJobStorage } from "../src/postgres-job-storage.ts";
import { aClaim, registerServer, allSucceed, fill, someJobs } from "@revojs/conformance/fixtures";
import { CountingPool } from "./counting-pool.ts";
import { postgresHarness } from "./postgres-harness.ts";
import { TestDatabase } from "./test-database.ts";

const CLAIM = 100;
const MOST_TIMES = 3;
/** A claim that looked at every dead head would take twice as much. */
const DEAD_HEADS_TIMES = 1.5;

describeWithServer("postgres", "the work of a claim on PostgreSQL", ({ url }) => {
  const database = new TestDatabase(url);
  afterAll(() => database.close());
  const harness = postgresHarness({
    name: "postgres, buffers counted",
    database,
    options: { connectionString: url },
    counts: true,
  });

  describe("cases of the contract, in buffers", () => {
    for (const testCase of jobStorageCases) {
      if (!testCase.id.startsWith("complexity/")) continue;
      it(`${testCase.id}: ${testCase.title}`, { timeout: 120_000 }, async () => {
        expect(await runCase(testCase, harness)).toEqual({ kind: "passed" });
      });
    }
  });

  /** An opened storage whose work is counted, and whose tables are never analyzed. */
  async function aCountedStorage(): Promise<{
    readonly storage: PostgresJobStorage;
    readonly schema: string;
    readonly counting: CountingPool;
  }> {
    const schema = database.schemaName();
    const counting = new CountingPool(database, schema);
    const storage = new PostgresJobStorage({ pool: counting, schema, push: false });
    await storage.open();
    await database.pool.query(`alter table "${schema}".jobs set (autovacuum_enabled = false)`);
    return { storage, schema, counting };
  }

  /** What a claim of a hundred costs beside a hundred more jobs and nothing else. */
  async function leastWork(): Promise<number> {
    const { storage, counting } = await aCountedStorage();
    await fill(storage, someJobs(2 * CLAIM));
    const serverId = await registerServer(storage);
    const before = counting.work;
    await storage.exchange({ serverId, settle: [], claim: aClaim({ limit: CLAIM }) });
    await storage.close();
    return counting.work.buffers - before.buffers;
  }

  it("goes by an index on a table of 200,000 rows that was never analyzed", {
    timeout: 120_000,
  }, async () => {
    const least = await leastWork();
    const { storage, schema, counting } = await aCountedStorage();
    await fill(storage, someJobs(200_000));
    const serverId = await registerServer(storage);
    const before = counting.work;

    const { jobs } = await storage.exchange({
      serverId,
      settle: [],
      claim: aClaim({ limit: CLAIM }),
    });

    const after = counting.work;
    const [statistics] = await database.rows<{ analyzed: boolean }>(
      `select reltuples > 0 as analyzed from pg_class where oid = '"${schema}".jobs'::regclass`,
    );
    expect(statistics).toEqual({ analyzed: false });
    expect(jobs).toHaveLength(CLAIM);
    expect(after.scans - before.scans).toBe(0);
    expect(after.buffers - before.buffers).toBeLessThanOrEqual(MOST_TIMES * least);
    await storage.close();
  });

  it("keeps its plan when the statistics of an empty table are out of date", {
    timeout: 120_000,
  }, async () => {
    const least = await leastWork();
    const { storage, schema, counting } = await aCountedStorage();
    const serverId = await registerServer(storage);
    await database.pool.query(`analyze "${schema}".jobs`);
    for (let call = 0; call < 10; call++) {
      await storage.exchange({ serverId, settle: [], claim: aClaim({ limit: CLAIM }) });
    }
    await fill(storage, someJobs(20_000));
    const before = counting.work;

    await storage.exchange({ serverId, settle: [], claim: aClaim({ limit: CLAIM }) });

    const after = counting.work;
    expect(after.scans - before.scans).toBe(0);
    expect(after.buffers - before.buffers).toBeLessThanOrEqual(MOST_TIMES * least);
    await storage.close();
  });

  it("passes by 20,000 dead heads that an open snapshot keeps from being removed", {
    timeout: 120_000,
  }, async () => {
    const least = await leastWork();
    const { storage, counting } = await aCountedStorage();
    await fill(storage, someJobs(25_000));
    const observer = await database.pool.connect();
    await observer.query("begin isolation level repeatable read; select 1 from pg_class limit 1");
    const serverId = await registerServer(storage);
    for (let claimed = 0; claimed < 20_000; ) {
      const claim = aClaim({ limit: 1000 });
      const { jobs } = await storage.exchange({ serverId, settle: [], claim });
      await storage.exchange({ serverId, settle: allSucceed(jobs, claim.token) });
      claimed += jobs.length;
    }
    const costs: number[] = [];

    for (let call = 0; call < 5; call++) {
      const before = counting.work;
      await storage.exchange({ serverId, settle: [], claim: aClaim({ limit: CLAIM }) });
      costs.push(counting.work.buffers - before.buffers);
    }

    // One of them may be the one that looks from the front again.
    const [, ...rest] = costs.toSorted((one, other) => other - one);
    for (const cost of rest) expect(cost).toBeLessThanOrEqual(DEAD_HEADS_TIMES * least);
    await observer.query("rollback");
    observer.release();
    await storage.close();
  });

  it("a page of the jobs of some queues costs what it tells, however many wait", {
    timeout: 120_000,
  }, async () => {
    const { storage, counting } = await aCountedStorage();
    await fill(storage, someJobs(50_000));
    await fill(storage, someJobs(30, { queue: "a" }));
    const before = counting.work;

    const { jobs, next } = await storage.monitor.find({
      filter: { states: ["enqueued"], queues: ["default", "a"] },
      order: "natural",
      limit: 50,
      scanLimit: 100,
      detail: "summary",
    });

    const after = counting.work;
    expect(jobs.map(({ queue }) => queue)).toEqual([
      ...new Array<string>(30).fill("a"),
      ...new Array<string>(20).fill("default"),
    ]);
    expect(next).not.toBeNull();
    expect(after.scans - before.scans).toBe(0);
    expect(after.buffers - before.buffers).toBeLessThan(1000);
    await storage.close();
  });
});
