import { randomBytes } from "node:crypto";
import { testServer } from "@revojs/conformance/servers";
import { Redis } from "ioredis";
import { MongoClient } from "mongodb";
import pg from "pg";
import { onTestFinished } from "vitest";

type StoreName = "postgres" | "redis" | "mongodb";

/** What stands for `new MemoryJobStorage()` where an example runs on another storage. */
export interface OtherStorage {
  readonly package: string;
  readonly className: string;
  readonly options: Readonly<Record<string, string>>;
}

/** A place on a real server that only one test uses. */
export interface Place {
  readonly url: string;
  readonly storage: OtherStorage;
}

export const storeNames: readonly StoreName[] = ["postgres", "redis", "mongodb"];

/**
 * An empty place, removed with the test.
 * @throws Where no server is found: `describeWithServer` skips the tests then.
 */
export async function aPlaceOn(store: StoreName): Promise<Place> {
  const found = await testServer(store);
  if (found.kind === "missing") throw new Error(found.reason);
  return await makers[store](found.server.url, `example_${randomBytes(6).toString("hex")}`);
}

const makers: Readonly<Record<StoreName, (url: string, name: string) => Promise<Place>>> = {
  async postgres(server, name) {
    const administrate = async (statement: string): Promise<void> => {
      const client = new pg.Client({ connectionString: server });
      await client.connect();
      await client.query(statement);
      await client.end();
    };
    await administrate(`create database ${name}`);
    onTestFinished(() => administrate(`drop database ${name} with (force)`));
    const url = withPath(server, name);
    return {
      url,
      storage: {
        package: "@revojs/postgres",
        className: "PostgresJobStorage",
        options: { connectionString: url },
      },
    };
  },

  async redis(server, name) {
    onTestFinished(async () => {
      const client = new Redis(server);
      const keys = await client.keys(`{${name}}:*`);
      if (keys.length > 0) await client.unlink(...keys);
      client.disconnect();
    });
    return {
      url: server,
      storage: {
        package: "@revojs/redis",
        className: "RedisJobStorage",
        options: { connectionString: server, prefix: name },
      },
    };
  },

  async mongodb(server, name) {
    const url = withPath(server, name);
    onTestFinished(async () => {
      const client = await new MongoClient(url).connect();
      await client.db().dropDatabase();
      await client.close();
    });
    return {
      url,
      storage: {
        package: "@revojs/mongodb",
        className: "MongodbJobStorage",
        options: { url },
      },
    };
  },
};

function withPath(server: string, path: string): string {
  const url = new URL(server);
  url.pathname = `/${path}`;
  return url.href;
}
