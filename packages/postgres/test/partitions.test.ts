import { describeWithServer } from "@revojs/conformance/vitest";
import { afterAll, expect, it } from "vitest";
import { PostgresJobStorage } from "../src/postgres-job-storage.ts";
import {
  aClaim,
  aJob,
  registerServer,
  allSucceed,
  fill,
  someJobs,
} from "@revojs/conformance/fixtures";
import { TestDatabase } from "./test-database.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describeWithServer("postgres", "partitions of finished jobs", ({ url }) => {
  const database = new TestDatabase(url);
  afterAll(() => database.close());

  async function opened(partitionDays: number): Promise<{
    readonly storage: PostgresJobStorage;
    readonly schema: string;
  }> {
    const schema = database.schemaName();
    const storage = new PostgresJobStorage({ connectionString: url, schema, partitionDays });
    await storage.open();
    return { storage, schema };
  }

  /** The partitions, by name, with the number of their rows. */
  async function rowsByPartition(schema: string): Promise<ReadonlyMap<string, number>> {
    const names = await database.rows<{ name: string }>(
      `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = '"${schema}".jobs_done'::regclass order by 1`,
    );
    const counts = new Map<string, number>();
    for (const { name } of names) {
      const [row] = await database.rows<{ count: string }>(
        `select count(*) from "${schema}"."${name}"`,
      );
      counts.set(name, Number(row?.count));
    }
    return counts;
  }

  async function roll(schema: string, daysAhead: number): Promise<number> {
    const [row] = await database.rows<{ changes: number }>(
      `select "${schema}".roll_partitions($1) as changes`,
      [daysAhead],
    );
    return row?.changes ?? 0;
  }

  it("are there for the days ahead from the beginning", async () => {
    const { storage, schema } = await opened(16);

    const partitions = await rowsByPartition(schema);

    // Today, the sixteen days after it, and the one for all other days.
    expect(partitions.size).toBe(18);
    await storage.close();
  });

  it("take each job in on the day on which it expires, far ones in the default", async () => {
    const { storage, schema } = await opened(3);

    await finish(storage, 2, DAY_MS);
    await finish(storage, 3, 2 * DAY_MS);
    await finish(storage, 4, 300 * DAY_MS);

    const counts = [...(await rowsByPartition(schema)).values()];
    expect(counts).toEqual([0, 2, 3, 0, 4]);
    await storage.close();
  });

  it("made later, they take over what lay in the default", async () => {
    const { storage, schema } = await opened(0);
    await finish(storage, 5, DAY_MS);
    await finish(storage, 1, 300 * DAY_MS);

    const changes = await roll(schema, 2);

    expect(changes).toBe(3);
    expect([...(await rowsByPartition(schema)).values()]).toEqual([0, 5, 0, 1]);
    const { count } = await storage.monitor.count({ states: ["succeeded"] }, { atMost: 100 });
    expect(count).toBe(6);
    await storage.close();
  });

  it("are dropped when their day is over, empty or too large to delete row by row", async () => {
    const { storage, schema } = await opened(1);
    await finish(storage, 11_000, DAY_MS);
    const before = await rowsByPartition(schema);
    await database.setClockOffset(schema, 3 * DAY_MS);

    const changes = await roll(schema, 0);

    // The two days that are over go, the present one comes.
    expect(changes).toBe(3);
    const after = await rowsByPartition(schema);
    expect([...after.keys()].filter((name) => before.has(name))).toEqual(["jobs_done_default"]);
    await storage.close();
  });

  it("with few rows they are emptied row by row, and dropped then", async () => {
    const { storage, schema } = await opened(1);
    await finish(storage, 20, DAY_MS);
    await database.setClockOffset(schema, 3 * DAY_MS);
    await roll(schema, 0);
    const between = [...(await rowsByPartition(schema)).values()];

    const { removed } = await storage.upkeep.prune(100);
    await roll(schema, 0);

    expect(between).toEqual([20, 0, 0]);
    expect(removed).toBe(20);
    expect((await rowsByPartition(schema)).size).toBe(2);
    await storage.close();
  });

  it("dropping one forgets the log lines of its jobs", async () => {
    const { storage, schema } = await opened(1);
    const job = aJob({ priority: 0 });
    await fill(storage, [job]);
    const serverId = await registerServer(storage);
    const claim = aClaim({ limit: 1 });
    await storage.exchange({ serverId, settle: [], claim });
    const line = { at: new Date(), attempt: 1, level: "info", text: "one" } as const;
    await storage.reports.report([{ jobId: job.id, token: claim.token, lines: [line] }]);
    const outcome = { kind: "succeed", retainMs: DAY_MS } as const;
    await storage.exchange({ serverId, settle: [{ jobId: job.id, token: claim.token, outcome }] });
    await finish(storage, 11_000, DAY_MS);
    await database.setClockOffset(schema, 3 * DAY_MS);

    await roll(schema, 0);

    expect(await database.rows(`select line from "${schema}".logs`)).toEqual([]);
    expect((await rowsByPartition(schema)).size).toBe(2);
    await storage.close();
  });

  it("a reader that keeps one locked holds nobody up: what is to be made or dropped is done another time", async () => {
    const { storage, schema } = await opened(1);
    await database.setClockOffset(schema, 3 * DAY_MS);
    const reader = await database.pool.connect();
    await reader.query(`begin; select count(*) from "${schema}".jobs_done`);

    const during = await roll(schema, 0);
    await finish(storage, 1, DAY_MS);
    await reader.query("commit");
    reader.release();
    await roll(schema, 0);

    expect(during).toBe(0);
    expect((await rowsByPartition(schema)).size).toBe(2);
    await storage.close();
  });

  it("where no tables may be made all stay in the default and are pruned there", async () => {
    const { storage, schema } = await opened(0);
    await storage.close();
    const role = `revo_${schema.slice(-12)}`;
    await database.pool.query(`create role ${role} login password 'secret';
      grant usage on schema "${schema}" to ${role};
      grant select, insert, update, delete on all tables in schema "${schema}" to ${role};
      grant usage on all sequences in schema "${schema}" to ${role};
      grant execute on all functions in schema "${schema}" to ${role}`);
    const asRole = new URL(url);
    asRole.username = role;
    asRole.password = "secret";
    const poor = new PostgresJobStorage({
      connectionString: asRole.href,
      schema,
      migrate: "check",
      partitionDays: 5,
    });
    await poor.open();

    await finish(poor, 3, HOUR_MS);
    await database.setClockOffset(schema, 2 * HOUR_MS);
    const { removed } = await poor.upkeep.prune(100);

    expect(removed).toBe(3);
    expect((await rowsByPartition(schema)).size).toBe(1);
    await poor.close();
    await database.pool.query(`drop owned by ${role}; drop role ${role}`);
  });

  it("jobs that expire early among others are found by and by", async () => {
    const { storage, schema } = await opened(0);
    await finish(storage, 150, 10 * HOUR_MS);
    await finish(storage, 5, HOUR_MS);
    await finish(storage, 150, 10 * HOUR_MS);
    await database.setClockOffset(schema, 2 * HOUR_MS);

    let removed = 0;
    for (let call = 0; call < 40; call++) removed += (await storage.upkeep.prune(10)).removed;

    expect(removed).toBe(5);
    const { count } = await storage.monitor.count({ states: ["succeeded"] }, { atMost: 1000 });
    expect(count).toBe(300);
    await storage.close();
  });
});

/** Stores so many jobs and lets them succeed. */
async function finish(storage: PostgresJobStorage, count: number, retainMs: number): Promise<void> {
  await fill(storage, someJobs(count));
  const serverId = await registerServer(storage);
  for (let left = count; left > 0; ) {
    const claim = aClaim({ limit: 1000 });
    const { jobs } = await storage.exchange({ serverId, settle: [], claim });
    await storage.exchange({ serverId, settle: allSucceed(jobs, claim.token, retainMs) });
    left -= jobs.length;
  }
}
