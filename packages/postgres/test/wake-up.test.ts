import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describeWithServer } from "@revojs/conformance/vitest";
import { afterAll, expect, it, vi } from "vitest";
import type { PostgresJobStorageOptions } from "../src/options.ts";
import { PostgresJobStorage } from "../src/postgres-job-storage.ts";
import { aClaim, aJob, registerServer } from "@revojs/conformance/fixtures";
import { TestDatabase } from "./test-database.ts";

describeWithServer("postgres", "wakes on PostgreSQL", ({ url }) => {
  const database = new TestDatabase(url);
  afterAll(() => database.close());

  async function opened(
    schema: string = database.schemaName(),
    options: PostgresJobStorageOptions = { connectionString: url },
  ): Promise<{ readonly storage: PostgresJobStorage; readonly schema: string }> {
    const storage = new PostgresJobStorage({ schema, partitionDays: 0, ...options });
    await storage.open();
    return { storage, schema };
  }

  /** Processes of the server that listen for this schema. */
  async function listenersOf(schema: string): Promise<readonly number[]> {
    const rows = await database.rows<{ pid: number }>(
      "select pid from pg_stat_activity where query = $1",
      [`listen "revo_${schema}"`],
    );
    return rows.map(({ pid }) => pid);
  }

  it("a job enqueued by another process wakes a sleeping server", async () => {
    const { storage, schema } = await opened();
    const sleeper = await aHungryServer(storage);
    const producer = fork(
      fileURLToPath(new URL("producer-process.ts", import.meta.url)),
      [url, schema],
      {
        execArgv: ["--import", new URL("source-resolution.ts", import.meta.url).href],
      },
    );

    const [exitCode] = (await once(producer, "exit")) as [number];

    expect(exitCode).toBe(0);
    await vi.waitFor(() => expect(sleeper.causes).toContain("jobs"));
    await sleeper.close();
    await storage.close();
  });

  it("a listener whose connection was ended connects again, tells the gap, and hears", async () => {
    const { storage, schema } = await opened();
    const sleeper = await aHungryServer(storage);
    const [before] = await listenersOf(schema);

    await database.pool.query("select pg_terminate_backend($1)", [before]);
    await vi.waitFor(() => expect(sleeper.causes).toEqual(["gap"]), { timeout: 5000 });
    await storage.enqueue({ jobs: [aJob()] });

    await vi.waitFor(() => expect(sleeper.causes).toEqual(["gap", "jobs"]));
    const [after] = await listenersOf(schema);
    expect(after).not.toBe(before);
    await sleeper.close();
    await storage.close();
  });

  it("servers of one process share one connection, which ends with the last of them", async () => {
    const { storage, schema } = await opened();
    const sleepers = [await aHungryServer(storage), await aHungryServer(storage)];

    const shared = await listenersOf(schema);
    await sleepers[0]?.close();
    const still = await listenersOf(schema);
    await sleepers[1]?.close();

    expect(shared).toHaveLength(1);
    expect(still).toEqual(shared);
    await vi.waitFor(async () => expect(await listenersOf(schema)).toEqual([]));
    await storage.close();
  });

  it("closing the storage ends the listening connection, whoever still listens", async () => {
    const { storage, schema } = await opened();
    await aHungryServer(storage);

    await storage.close();

    await vi.waitFor(async () => expect(await listenersOf(schema)).toEqual([]));
  });

  it("a server that has had its fill is not woken", async () => {
    const { storage } = await opened();
    const sleeper = await aHungryServer(storage);
    await storage.enqueue({ jobs: [aJob(), aJob(), aJob()] });
    await vi.waitFor(() => expect(sleeper.causes).toEqual(["jobs"]));
    await storage.exchange({
      serverId: sleeper.serverId,
      settle: [],
      claim: aClaim({ limit: 2 }),
    });
    const other = await aHungryServer(storage);
    expect(other.causes).toEqual([]);

    await storage.enqueue({ jobs: [aJob()] });

    await vi.waitFor(() => expect(other.causes).toEqual(["jobs"]));
    expect(sleeper.causes).toEqual(["jobs"]);
    await sleeper.close();
    await other.close();
    await storage.close();
  });

  it("with a pool of the caller's the listening connection is none of the pool's", async () => {
    const { storage, schema } = await opened(database.schemaName(), { pool: database.pool });
    const before = database.pool.totalCount;
    const sleeper = await aHungryServer(storage);

    await storage.enqueue({ jobs: [aJob()] });

    await vi.waitFor(() => expect(sleeper.causes).toEqual(["jobs"]));
    expect(await listenersOf(schema)).toHaveLength(1);
    expect(database.pool.totalCount - database.pool.idleCount).toBe(0);
    expect(database.pool.totalCount).toBeLessThanOrEqual(Math.max(before, 2));
    await sleeper.close();
    await storage.close();
  });

  it("behind a transaction pooler it listens through the connection given for that", async () => {
    const { storage } = await opened(database.schemaName(), {
      pool: database.pool,
      transactionPooler: true,
      listenConnectionString: url,
    });
    const sleeper = await aHungryServer(storage);

    await storage.enqueue({ jobs: [aJob()] });

    await vi.waitFor(() => expect(sleeper.causes).toEqual(["jobs"]));
    await sleeper.close();
    await storage.close();
  });

  it("listening where nobody answers is refused, and leaves nothing behind", async () => {
    const { storage, schema } = await opened(database.schemaName(), {
      connectionString: url,
      listenConnectionString: "postgres://u:p@127.0.0.1:1/x",
    });
    const serverId = await registerServer(storage);

    await expect(storage.wakeUps?.listen({ serverId, onWake: () => {} })).rejects.toMatchObject({
      code: "REVO_STORAGE_UNAVAILABLE",
    });

    expect(await database.rows(`select server_id from "${schema}".sleepers`)).toEqual([]);
    await storage.close();
  });
});

/** A server that has found nothing to do, and the causes it is woken for. */
async function aHungryServer(storage: PostgresJobStorage): Promise<{
  readonly serverId: string;
  readonly causes: readonly string[];
  close(): Promise<void>;
}> {
  const serverId = await registerServer(storage);
  const causes: string[] = [];
  const listening = await storage.wakeUps?.listen({
    serverId,
    onWake: (cause) => causes.push(cause),
  });
  await storage.exchange({ serverId, settle: [], claim: aClaim() });
  return { serverId, causes, close: async () => listening?.close() };
}
