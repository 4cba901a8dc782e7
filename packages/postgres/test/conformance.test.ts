import { describeJobStorage, describeWithServer } from "@revojs/conformance/vitest";
import pg from "pg";
import { afterAll } from "vitest";
import { postgresHarness } from "./postgres-harness.ts";
import { TestDatabase } from "./test-database.ts";

describeWithServer("postgres", "PostgreSQL", ({ url }) => {
  const database = new TestDatabase(url);
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  afterAll(async () => {
    await database.close();
    await pool.end();
  });

  describeJobStorage(
    postgresHarness({
      name: "postgres, connections of its own, push",
      database,
      options: { connectionString: url, maxConnections: 4 },
    }),
  );

  describeJobStorage(
    postgresHarness({
      name: "postgres, a pool behind a transaction pooler, poll only",
      database,
      options: { pool, transactionPooler: true, partitionDays: 2 },
    }),
  );
});
