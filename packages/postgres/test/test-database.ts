import { randomBytes } from "node:crypto";
import pg from "pg";

/** A schema that holds more than this is not emptied but dropped: its tables and indexes are full of dead rows. */
const MOST_BYTES_KEPT = 2 * 1024 * 1024;

/** What tests do around a storage, on a pool of their own. */
export class TestDatabase {
  readonly url: string;
  readonly pool: pg.Pool;
  readonly #schemas: string[] = [];
  readonly #free: string[] = [];

  constructor(url: string) {
    this.url = url;
    this.pool = new pg.Pool({ connectionString: url, max: 8, allowExitOnIdle: true });
    this.pool.on("error", () => {});
  }

  /** A schema name that no other test has; dropped at the latest by {@link close}. */
  schemaName(): string {
    const schema = `revo_test_${randomBytes(6).toString("hex")}`;
    this.#schemas.push(schema);
    return schema;
  }

  /** A schema for one case: one that an earlier case gave back, else a new name. */
  takeSchema(): string {
    return this.#free.pop() ?? this.schemaName();
  }

  /**
   * Empties a schema for the next case. To make all that is in one anew for each of some thousand cases costs minutes, and
   * leaves catalogs in which everything becomes slow. One that has grown is dropped.
   */
  async giveBack(schema: string): Promise<void> {
    const tables = await this.rows<{ readonly name: string; readonly bytes: number }>(
      `select c.relname as name, pg_total_relation_size(c.oid)::float8 as bytes
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = $1 and c.relkind in ('r', 'p')`,
      [schema],
    );
    if (tables.reduce((sum, { bytes }) => sum + bytes, 0) > MOST_BYTES_KEPT) {
      await this.drop(schema);
      return;
    }
    const emptied = tables.map(({ name }) =>
      /^(copy_of_|jobs_done_(?!default$))/.test(name)
        ? `drop table "${schema}"."${name}"`
        : name === "meta" || name === "migrations"
          ? "select 1"
          : `delete from "${schema}"."${name}"`,
    );
    if (emptied.length > 0) {
      await this.pool.query(`begin; ${emptied.join(";")}; commit`);
      await this.setClockOffset(schema, 0);
    }
    this.#free.push(schema);
  }

  async drop(schema: string): Promise<void> {
    await this.pool.query(
      `set client_min_messages = warning; drop schema if exists "${schema}" cascade`,
    );
    this.#schemas.splice(this.#schemas.indexOf(schema), 1);
  }

  /** Moves the clock of a storage: the function that tells it the time is the only place that knows. */
  async setClockOffset(schema: string, offsetMs: number): Promise<void> {
    await this.pool.query(
      `create or replace function "${schema}".now() returns timestamptz language sql volatile as
        $$ select clock_timestamp() + ${offsetMs} * interval '1 millisecond' $$`,
    );
  }

  /** The rows of a statement, as objects. */
  async rows<T>(text: string, values: readonly unknown[] = []): Promise<readonly T[]> {
    const { rows } = await this.pool.query(text, [...values]);
    return rows as T[];
  }

  async close(): Promise<void> {
    for (const schema of [...this.#schemas]) await this.drop(schema);
    await this.pool.end();
  }
}
