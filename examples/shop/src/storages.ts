import type { IJobStorage } from "@revojs/core";
import { UsageError } from "./console/usage-error.ts";

/**
 * The storages that the demo can run on, by the beginning of their URL. Another storage is another line. Each is loaded when it is
 * asked for: whoever runs in memory need not wait for the driver of a database.
 */
const storages: Readonly<Record<string, (url: string) => Promise<IJobStorage>>> = {
  "memory://": async () => new (await import("@revojs/memory")).MemoryJobStorage(),
  "postgres://": async (url) =>
    new (await import("@revojs/postgres")).PostgresJobStorage({ connectionString: url }),
  "redis://": async (url) =>
    new (await import("@revojs/redis")).RedisJobStorage({ connectionString: url }),
  "mongodb://": async (url) => new (await import("@revojs/mongodb")).MongodbJobStorage({ url }),
};

/** Other names of the same. */
const aliases: Readonly<Record<string, string>> = {
  "postgresql://": "postgres://",
  "rediss://": "redis://",
  "mongodb+srv://": "mongodb://",
};

export const storageNames: readonly string[] = Object.keys(storages);

/**
 * Makes the storage that a URL names. Nothing connects yet.
 * @throws {@link UsageError}: there is none of that name, or the rest of the URL is wrong.
 */
export async function makeStorage(url: string): Promise<IJobStorage> {
  const name = /^[\w+]+:\/\//.exec(url)?.[0] ?? "";
  const make = storages[aliases[name] ?? name];
  if (make === undefined) {
    throw new UsageError(
      `There is no storage ${withoutPassword(url)}. There is: ${storageNames.join(", ")}`,
    );
  }
  try {
    return await make(url);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(`Can't use the storage ${withoutPassword(url)}: ${error.message}`);
  }
}

/** The URL as it may be shown. */
export function withoutPassword(url: string): string {
  return url.replace(/\/\/[^/]*@/, "//");
}
