import { randomUUID } from "node:crypto";
import type { ClaimRequest, NewJob } from "@revojs/core";
import { onTestFinished } from "vitest";
import type { RedisJobStorageOptions } from "../src/options.ts";
import { RedisJobStorage } from "../src/redis-job-storage.ts";

/** An open storage of its own on the server, closed after the test. */
export async function aStorage(
  url: string,
  options: Partial<RedisJobStorageOptions> = {},
): Promise<{ readonly storage: RedisJobStorage; readonly prefix: string }> {
  const prefix = options.prefix ?? `test-${randomUUID()}`;
  const place = options.client === undefined ? { connectionString: url } : {};
  const storage = new RedisJobStorage({ ...place, ...options, prefix });
  onTestFinished(() => storage.close());
  await storage.open();
  return { storage, prefix };
}

/** A valid job, to be run now from queue `default`. */
export function aJob(overrides: Partial<NewJob> = {}): NewJob {
  return {
    id: randomUUID(),
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

let tokens = 0;

/** What a server with free slots asks for. */
export function aClaim(overrides: Partial<ClaimRequest> = {}): ClaimRequest {
  return {
    token: String(++tokens),
    queues: [{ queue: "default", limit: 100 }],
    limit: 100,
    promoteLimit: 100,
    maxBytes: 8 * 1024 * 1024,
    ...overrides,
  };
}

/** Registers a job server and gives back its id. */
export async function aServer(storage: RedisJobStorage): Promise<string> {
  const serverId = randomUUID();
  await storage.register({ serverId, leaseMs: 15_000, info: "{}" });
  return serverId;
}
