import { describeWithServer } from "@revojs/conformance/vitest";
import { afterAll, describe, expect, it } from "vitest";
import { postgresMigrationSql } from "../src/migrate.ts";
import { SCHEMA_VERSION } from "../src/migrations/all-migrations.ts";
import type { PostgresJobStorageOptions } from "../src/options.ts";
import { PostgresJobStorage } from "../src/postgres-job-storage.ts";
import { aJob } from "@revojs/conformance/fixtures";
import { TestDatabase } from "./test-database.ts";

describe("postgresMigrationSql", () => {
  it("prints every step as a transaction, without a connection", () => {
    const sql = postgresMigrationSql("jobs_of_mine");

    expect(sql).toMatch(/^begin;\ncreate schema if not exists "jobs_of_mine";/);
    expect(sql.match(/^begin;$/gm)).toHaveLength(SCHEMA_VERSION);
    expect(sql.trimEnd().endsWith("commit;")).toBe(true);
  });

  it("prints nothing for a schema that is up to date", () => {
    expect(postgresMigrationSql("revo", SCHEMA_VERSION)).toBe("");
  });

  it("refuses a name that would not be one", () => {
    expect(() => postgresMigrationSql('a"; drop table x; --')).toThrow(
      expect.objectContaining({ code: "REVO_NAME_INVALID" }),
    );
  });
});

describeWithServer("postgres", "migrations on PostgreSQL", ({ url }) => {
  const database = new TestDatabase(url);
  afterAll(() => database.close());

  function storageOn(schema: string, options: PostgresJobStorageOptions = {}): PostgresJobStorage {
    return new PostgresJobStorage({
      connectionString: url,
      schema,
      maxConnections: 2,
      partitionDays: 0,
      ...options,
    });
  }

  async function relationsOf(schema: string): Promise<readonly string[]> {
    const rows = await database.rows<{ name: string }>(
      `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = $1 order by 1`,
      [schema],
    );
    return rows.map(({ name }) => name);
  }

  it("brings an empty database to the present version and finds it there later", async () => {
    const schema = database.schemaName();
    const first = storageOn(schema);
    const made = await first.open();
    await first.close();
    const second = storageOn(schema);

    const found = await second.open();

    expect(made.schemaVersion).toBe(SCHEMA_VERSION);
    expect(found).toEqual(made);
    await second.close();
  });

  it("takes an empty schema that somebody else has made", async () => {
    const schema = database.schemaName();
    await database.pool.query(`create schema "${schema}"`);
    const storage = storageOn(schema);

    expect((await storage.open()).schemaVersion).toBe(SCHEMA_VERSION);
    await storage.close();
  });

  it("is a no-op for all but one of many processes that start at once", async () => {
    const schema = database.schemaName();
    const storages = Array.from({ length: 6 }, () => storageOn(schema));

    const identities = await Promise.all(storages.map((storage) => storage.open()));

    expect(new Set(identities.map(({ storageId }) => storageId)).size).toBe(1);
    const steps = await database.rows(`select version from "${schema}".migrations`);
    expect(steps).toEqual([{ version: 1 }]);
    await Promise.all(storages.map((storage) => storage.close()));
  });

  it("`check` refuses a schema that is not there, and writes nothing", async () => {
    const schema = database.schemaName();
    const storage = storageOn(schema, { migrate: "check" });

    await expect(storage.open()).rejects.toMatchObject({ code: "REVO_SCHEMA_OUTDATED" });

    expect(await relationsOf(schema)).toEqual([]);
  });

  it("`check` takes a schema that is up to date", async () => {
    const schema = database.schemaName();
    await database.pool.query(postgresMigrationSql(schema));
    const storage = storageOn(schema, { migrate: "check" });

    expect((await storage.open()).schemaVersion).toBe(SCHEMA_VERSION);
    expect(await storage.enqueue({ jobs: [aJob()] })).toEqual([{ kind: "created" }]);
    await storage.close();
  });

  it("`off` tells the lack of a schema as an outdated one, and writes nothing", async () => {
    const schema = database.schemaName();
    const storage = storageOn(schema, { migrate: "off" });

    await expect(storage.open()).rejects.toMatchObject({ code: "REVO_SCHEMA_OUTDATED" });

    expect(await relationsOf(schema)).toEqual([]);
  });

  it("refuses a schema of a later version that this one no longer works with", async () => {
    const schema = database.schemaName();
    const storage = storageOn(schema);
    await storage.open();
    await storage.close();
    await database.pool.query(
      `insert into "${schema}".migrations (version, name, works_from) values (99, 'later', 98)`,
    );

    await expect(storageOn(schema).open()).rejects.toMatchObject({ code: "REVO_SCHEMA_TOO_NEW" });
  });

  it("works with a schema of a later version that still works with this one", async () => {
    const schema = database.schemaName();
    const storage = storageOn(schema);
    await storage.open();
    await storage.close();
    await database.pool.query(
      `insert into "${schema}".migrations (version, name, works_from) values (2, 'later', 1)`,
    );
    const older = storageOn(schema);

    expect((await older.open()).schemaVersion).toBe(2);
    expect(await older.enqueue({ jobs: [aJob()] })).toEqual([{ kind: "created" }]);
    await older.close();
  });

  it("refuses a schema with tables of somebody else, and writes nothing", async () => {
    const schema = database.schemaName();
    await database.pool.query(`create schema "${schema}"; create table "${schema}".jobs (id int)`);

    await expect(storageOn(schema).open()).rejects.toMatchObject({ code: "REVO_SCHEMA_FOREIGN" });

    expect(await relationsOf(schema)).toEqual(["jobs"]);
  });

  it("leaves nothing behind when a step fails", async () => {
    const schema = database.schemaName();
    // A type of the same name stands in the way of a table in the middle of the step.
    await database.pool.query(`create schema "${schema}"; create type "${schema}".logs as (a int)`);

    await expect(storageOn(schema).open()).rejects.toMatchObject({ code: "REVO_INTERNAL" });

    expect((await relationsOf(schema)).filter((name) => name !== "logs")).toEqual([]);
  });

  it("two schemas of one database know nothing of each other", async () => {
    const [one, other] = [storageOn(database.schemaName()), storageOn(database.schemaName())];
    const identities = [await one.open(), await other.open()];
    const job = aJob();

    await one.enqueue({ jobs: [job] });

    expect(identities[0]?.storageId).not.toBe(identities[1]?.storageId);
    expect(await other.monitor.get([job.id])).toEqual([null]);
    await one.close();
    await other.close();
  });

  it("one pool serves two schemas", async () => {
    const schemas = [database.schemaName(), database.schemaName()];
    const storages = schemas.map(
      (schema) => new PostgresJobStorage({ pool: database.pool, schema, push: false }),
    );
    for (const storage of storages) await storage.open();

    const results = [];
    for (const storage of storages) results.push(await storage.enqueue({ jobs: [aJob()] }));

    expect(results).toEqual([[{ kind: "created" }], [{ kind: "created" }]]);
    for (const storage of storages) await storage.close();
  });
});
