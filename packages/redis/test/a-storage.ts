import { randomUUID } from "node:crypto";
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
