import type { PostgresClient, PostgresPool } from "../src/pool.ts";
import type { TestDatabase } from "./test-database.ts";

/** Buffers of tables and indexes of a schema, and whole scans of its table of jobs. */
export interface Work {
  readonly buffers: number;
  readonly scans: number;
}

/**
 * A pool that counts what each statement of the storage looks at: within a transaction of its own, before and after, since the
 * server's statistics of a transaction are exact while all others lag behind.
 */
export class CountingPool implements PostgresPool {
  readonly #database: TestDatabase;
  readonly #schema: string;
  #buffers = 0;
  #scans = 0;

  constructor(database: TestDatabase, schema: string) {
    this.#database = database;
    this.#schema = schema;
  }

  get work(): Work {
    return { buffers: this.#buffers, scans: this.#scans };
  }

  async connect(): Promise<PostgresClient> {
    const client = await this.#database.pool.connect();
    const counts = async (): Promise<Work> => {
      const { rows } = await client.query<{ buffers: string; scans: string }>(
        `select coalesce(sum(pg_stat_get_xact_blocks_fetched(c.oid)), 0) as buffers,
            coalesce(sum(pg_stat_get_xact_numscans(c.oid)) filter (where c.relname = 'jobs'), 0) as scans
          from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1`,
        [this.#schema],
      );
      return { buffers: Number(rows[0]?.buffers), scans: Number(rows[0]?.scans) };
    };
    return {
      query: async (query) => {
        if (query.values === undefined) return client.query(query);
        await client.query("begin");
        try {
          const before = await counts();
          const result = await client.query(query);
          const after = await counts();
          this.#buffers += after.buffers - before.buffers;
          this.#scans += after.scans - before.scans;
          await client.query("commit");
          return result;
        } catch (error) {
          await client.query("rollback");
          throw error;
        }
      },
      on: (event, listener) => client.on(event, listener),
      removeListener: (event, listener) => client.removeListener(event, listener),
      release: (error) => client.release(error),
    };
  }

  on(): void {}

  removeListener(): void {}
}
