import { describeWithServer } from "@revojs/conformance/vitest";
import { afterAll, expect, it } from "vitest";
import { PostgresJobStorage } from "../src/postgres-job-storage.ts";
import { aClaim, aJob, registerServer, fill } from "@revojs/conformance/fixtures";
import { TestDatabase } from "./test-database.ts";

describeWithServer("postgres", "the time until the next claim", ({ url }) => {
  const database = new TestDatabase(url);
  afterAll(() => database.close());

  it("is a plain zero half a millisecond after a job became due", async () => {
    const schema = database.schemaName();
    const storage = new PostgresJobStorage({ connectionString: url, schema });
    await storage.open();
    await fill(storage, [aJob({ start: { kind: "delay", delayMs: 1000 } })]);
    const claim = aClaim({ promoteLimit: 0 });
    const serverId = await registerServer(storage);
    await database.pool.query(
      `create or replace function "${schema}".now() returns timestamptz language sql volatile as
        $$ select max(due_at) + interval '500 microseconds' from "${schema}".jobs $$`,
    );

    const { nextClaimInMs } = await storage.exchange({ serverId, claim, settle: [] });

    expect(nextClaimInMs).toBe(0);
    await storage.close();
  });
});
