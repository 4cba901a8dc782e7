import { randomBytes } from "node:crypto";
import { type Db, MongoClient } from "mongodb";
import { onTestFinished } from "vitest";
import { MongodbJobStorage } from "../src/mongodb-job-storage.ts";
import type { MongodbJobStorageOptions } from "../src/options.ts";

/** An open storage in a database of its own; both are gone after the test. */
export async function aStorage(
  url: string,
  options: Omit<MongodbJobStorageOptions, "url"> = {},
): Promise<{
  readonly storage: MongodbJobStorage;
  readonly db: Db;
  readonly client: MongoClient;
}> {
  const db = options.db ?? (await aDatabase(url));
  const storage = new MongodbJobStorage({ ...options, db });
  onTestFinished(() => storage.close());
  await storage.open();
  return { storage, db, client: db.client };
}

/** An empty database, removed after the test. */
export async function aDatabase(url: string, appName = "revo-test"): Promise<Db> {
  const client = await new MongoClient(url, {
    appName,
    serverSelectionTimeoutMS: 10_000,
    // After a command that said that the server ends, the driver waits so long until it looks again.
    heartbeatFrequencyMS: 500,
  }).connect();
  const db = client.db(`revo_${randomBytes(8).toString("hex")}`);
  onTestFinished(async () => {
    await db.dropDatabase();
    await client.close();
  });
  return db;
}
