import type { IStorageHarness, TransactionUnderTest } from "@revojs/conformance";
import type { PostgresJobStorageOptions } from "../src/options.ts";
import { PostgresJobStorage } from "../src/postgres-job-storage.ts";
import { CountingPool } from "./counting-pool.ts";
import type { TestDatabase } from "./test-database.ts";

/** How far the server's clock goes on while a case runs. */
const SLACK_MS = 5000;

export interface PostgresHarnessOptions {
  readonly name: string;
  readonly database: TestDatabase;
  /** Of each storage, beside its schema. */
  readonly options: PostgresJobStorageOptions;
  /** Whether the buffers that the storage looks at are counted. */
  readonly counts?: boolean;
}

/** The storage on a schema of its own for each case. A worker's clock has nowhere to enter: no call carries its time. */
export function postgresHarness(harness: PostgresHarnessOptions): IStorageHarness {
  const { name, database } = harness;
  return {
    name,
    create: async () => {
      const schema = database.takeSchema();
      const counting = new CountingPool(database, schema);
      const options = harness.counts === true ? { pool: counting, push: false } : harness.options;
      const make = (): PostgresJobStorage =>
        new PostgresJobStorage({ partitionDays: 0, ...options, schema });
      let offsetMs = 0;
      const advance = async (byMs: number): Promise<void> => {
        offsetMs += byMs;
        await database.setClockOffset(schema, offsetMs);
      };
      return {
        storage: make(),
        slackMs: SLACK_MS,
        second: async () => make(),
        setBack: (byMs) => advance(-byMs),
        advance,
        ...(harness.counts === true && { work: async () => counting.work.buffers }),
        snapshot: () => takeSnapshot(database, schema),
        corrupt: async (jobId) => {
          await database.pool.query(`update "${schema}".jobs set payload = null where id = $1`, [
            jobId,
          ]);
        },
        beginTransaction: () => beginTransaction(database),
        dispose: () => database.giveBack(schema),
      };
    },
  };
}

async function beginTransaction(database: TestDatabase): Promise<TransactionUnderTest> {
  const client = await database.pool.connect();
  await client.query("begin");
  const end = async (statement: "commit" | "rollback"): Promise<void> => {
    await client.query(statement);
    client.release();
  };
  return {
    transaction: client,
    commit: () => end("commit"),
    rollback: () => end("rollback"),
  };
}

const TABLES = ["jobs", "jobs_done", "keys", "servers", "sleepers", "queues", "turns", "logs"];

async function takeSnapshot(database: TestDatabase, schema: string): Promise<() => Promise<void>> {
  const copies = TABLES.map(
    (table) => `create table "${schema}".copy_of_${table} as table "${schema}".${table}`,
  );
  await database.pool.query(copies.join(";"));
  const restore = TABLES.map(
    (table) => `delete from "${schema}".${table};
      insert into "${schema}".${table} overriding system value table "${schema}".copy_of_${table}`,
  );
  return async () => {
    await database.pool.query(`begin; ${restore.join(";")}; commit`);
  };
}
