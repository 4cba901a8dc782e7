import { describeWithServer } from "@revojs/conformance/vitest";
import { afterAll, beforeAll, expect, it } from "vitest";
import { PostgresJobStorage } from "../src/postgres-job-storage.ts";
import { aClaim, aJob, registerServer, allSucceed } from "@revojs/conformance/fixtures";
import { TestDatabase } from "./test-database.ts";

const DAY_MS = 86_400_000;

describeWithServer("postgres", "two calls of the same microsecond", ({ url }) => {
  const database = new TestDatabase(url);
  const schema = database.schemaName();
  const storage = new PostgresJobStorage({ connectionString: url, schema });
  beforeAll(async () => {
    await storage.open();
    // The clock stands still.
    await database.pool.query(
      `create or replace function "${schema}".now() returns timestamptz language sql volatile as
        $$ select timestamptz '2026-11-24 12:00:00.123456+00' $$`,
    );
  });
  afterAll(async () => {
    await storage.close();
    await database.close();
  });

  it.each([0, DAY_MS])("settle a job once: kept for %d ms", async (retainMs) => {
    await storage.enqueue({ jobs: [aJob()] });
    const serverId = await registerServer(storage);
    const claim = aClaim();
    const { jobs } = await storage.exchange({ serverId, settle: [], claim });
    const settle = allSucceed(jobs, claim.token, retainMs);

    const replies = await Promise.all([
      storage.exchange({ serverId, settle }),
      storage.exchange({ serverId, settle }),
    ]);

    const statuses = replies.flatMap(({ settled }) => settled);
    expect(statuses.filter((status) => status === "settled")).toHaveLength(1);
  });

  it.each([1, 20])("create a job once: in batches of %d", async (count) => {
    const jobs = Array.from({ length: count }, () => aJob());

    const results = await Promise.all([storage.enqueue({ jobs }), storage.enqueue({ jobs })]);

    expect(results.flat().filter(({ kind }) => kind === "created")).toHaveLength(count);
  });
});
