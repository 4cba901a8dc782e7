import { randomBytes } from "node:crypto";
import { type ClaimRequest, type NewJob, type Settlement, SystemRandom } from "@revojs/core";
import { type Db, MongoClient } from "mongodb";
import { onTestFinished } from "vitest";
import { MongodbJobStorage } from "../src/mongodb-job-storage.ts";
import type { MongodbJobStorageOptions } from "../src/options.ts";

const random = new SystemRandom();
let made = 0;

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

/** A UUIDv7 that is greater than every one made before in this process. */
export function anId(): string {
  const tail = randomBytes(8);
  tail[0] = ((tail[0] ?? 0) & 0x3f) | 0x80;
  const hex = tail.toString("hex");
  const sequence = made++;
  const time = (Date.UTC(2026, 0, 1) + Math.floor(sequence / 4096)).toString(16).padStart(12, "0");
  const counter = (sequence % 4096).toString(16).padStart(3, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${counter}-${hex.slice(0, 4)}-${hex.slice(4)}`;
}

/** A valid job, to be run now from queue `default`. */
export function aJob(overrides: Partial<NewJob> = {}): NewJob {
  return {
    id: anId(),
    type: "send-invoice",
    queue: "default",
    priority: 5,
    payload: '{"invoice":42}',
    envelope: "{}",
    tags: [],
    maxAttempts: 10,
    maxCrashes: 3,
    start: { kind: "now" },
    ...overrides,
  };
}

export function someJobs(count: number, overrides: Partial<NewJob> = {}): readonly NewJob[] {
  return Array.from({ length: count }, () => aJob(overrides));
}

/** Stores jobs, batch by batch. */
export async function fill(storage: MongodbJobStorage, jobs: readonly NewJob[]): Promise<void> {
  for (let first = 0; first < jobs.length; first += 1000)
    await storage.enqueue({ jobs: jobs.slice(first, first + 1000) });
}

/** What a server with free slots asks for. */
export function aClaim(overrides: Partial<ClaimRequest> = {}): ClaimRequest {
  const limit = overrides.limit ?? 100;
  return {
    token: random.token(),
    queues: [{ queue: "default", limit }],
    limit,
    promoteLimit: 100,
    maxBytes: 8 * 1024 * 1024,
    ...overrides,
  };
}

/** Makes a job server known. */
export async function aServer(storage: MongodbJobStorage): Promise<string> {
  const serverId = anId();
  await storage.register({ serverId, leaseMs: 15_000, info: "{}" });
  return serverId;
}

/** Settlements of claimed jobs as succeeded, to be dropped at once unless said otherwise. */
export function allSucceed(
  jobs: readonly { readonly id: string }[],
  token: string,
  retainMs = 0,
): readonly Settlement[] {
  return jobs.map(({ id }) => ({ jobId: id, token, outcome: { kind: "succeed", retainMs } }));
}
