import { randomBytes } from "node:crypto";
import pg from "pg";

/** What tests do around a storage, on a pool of their own. */
export class TestDatabase {
  readonly url: string;
  readonly pool: pg.Pool;
  readonly #schemas: string[] = [];

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
