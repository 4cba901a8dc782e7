import { randomUUID } from "node:crypto";
import type { IStorageHarness } from "@revojs/conformance";
import type { Cluster, Redis } from "ioredis";
import { toShortId } from "../src/job-ids.ts";
import { clockKeyOf, rootOf } from "../src/keys.ts";
import { partitionPrefixes } from "../src/partitions/partition-prefixes.ts";
import type { RedisJobStorageOptions } from "../src/options.ts";
import { RedisJobStorage } from "../src/redis-job-storage.ts";

/** A real server's clock runs while a case does. */
const SLACK_MS = 5000;

type Client = Redis | Cluster;

/** How the storages of one run reach the server. */
export interface RedisHarnessOptions {
  readonly name: string;
  /** A client for the hooks; the storages are given it as their `client`, too. */
  readonly connect: () => Client;
  /** Of each storage. */
  readonly options?: Omit<RedisJobStorageOptions, "client" | "connectionString" | "prefix">;
}

/**
 * A Redis storage as the conformance suite wants it: a prefix of its own for each case, on one server. The client's wall clock
 * ought to have nowhere to enter: every time that is stored comes from the server.
 */
export function redisHarness({ name, connect, options }: RedisHarnessOptions): IStorageHarness {
  return {
    name,
    create: async () => {
      const prefix = `test-${randomUUID()}`;
      const admin = connect();
      const count = options?.partitions ?? 1;
      const prefixes = count === 1 ? [prefix] : partitionPrefixes(prefix, count);
      const storageOf = (): RedisJobStorage =>
        new RedisJobStorage({ ...options, client: admin, prefix });
      const advance = async (byMs: number): Promise<void> => {
        for (const each of prefixes) await admin.incrby(clockKeyOf(each), byMs);
      };
      return {
        storage: storageOf(),
        slackMs: SLACK_MS,
        second: async () => storageOf(),
        setBack: (byMs) => advance(-byMs),
        advance,
        work: () => workOf(admin),
        snapshot: async () => {
          const content = await dump(admin, prefix);
          return () => restore(admin, prefix, content);
        },
        corrupt: async (jobId) => {
          for (const each of prefixes) {
            await admin.set(`${rootOf(each)}d:${toShortId(jobId)}`, "damaged", "XX");
          }
        },
        dispose: async () => {
          await removeAll(admin, prefix);
          admin.disconnect();
        },
      };
    },
  };
}

/** Commands run and keys looked up so far, those within scripts included. */
async function workOf(admin: Client): Promise<number> {
  let work = 0;
  for (const node of await nodesOf(admin)) {
    const [stats, commands] = await Promise.all([node.info("stats"), node.info("commandstats")]);
    for (const [, count] of stats.matchAll(/^keyspace_(?:hits|misses):(\d+)/gm)) {
      work += Number(count);
    }
    for (const [, count] of commands.matchAll(/^cmdstat_[^:]+:calls=(\d+)/gm)) {
      work += Number(count);
    }
  }
  return work;
}

/** The names of all keys of a storage. */
export async function keysOf(admin: Client, prefix: string): Promise<readonly string[]> {
  const keys: string[] = [];
  for (const node of await nodesOf(admin)) {
    let cursor = "0";
    do {
      const [next, found] = await node.scan(cursor, "MATCH", `{${prefix}[#}]*`, "COUNT", 5000);
      keys.push(...found);
      cursor = next;
    } while (cursor !== "0");
  }
  return keys;
}

async function nodesOf(admin: Client): Promise<readonly Redis[]> {
  if (!("nodes" in admin)) return [admin];
  // The nodes are known once a command was sent.
  await admin.exists("{any}");
  return admin.nodes("master");
}

type Content = ReadonlyMap<string, Buffer>;

async function dump(admin: Client, prefix: string): Promise<Content> {
  const content = new Map<string, Buffer>();
  for (const key of await keysOf(admin, prefix)) {
    const value = await admin.dumpBuffer(key);
    if (value !== null && !isClock(key)) content.set(key, value);
  }
  return content;
}

/** Later writes are lost; the clock goes on. */
async function restore(admin: Client, prefix: string, content: Content): Promise<void> {
  const clocks = (await keysOf(admin, prefix)).filter(isClock);
  const offsets = await Promise.all(clocks.map((key) => admin.get(key)));
  await removeAll(admin, prefix);
  for (const [key, value] of content) await admin.restore(key, 0, value);
  for (const [index, key] of clocks.entries()) await admin.set(key, offsets[index] ?? "0");
}

function isClock(key: string): boolean {
  return key.endsWith(":offset");
}

async function removeAll(admin: Client, prefix: string): Promise<void> {
  const keys = await keysOf(admin, prefix);
  for (let first = 0; first < keys.length; first += 1000) {
    await Promise.all(keys.slice(first, first + 1000).map((key) => admin.unlink(key)));
  }
}
