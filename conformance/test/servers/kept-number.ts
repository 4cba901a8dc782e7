import { Redis } from "ioredis";
import { type Collection, MongoClient } from "mongodb";
import pg from "pg";
import type { TestServer } from "../../src/servers/test-server.ts";

/** Writes a number to a server. */
export async function keepNumber(server: TestServer, number: number): Promise<void> {
  switch (server.store) {
    case "postgres":
      await query(server.url, `CREATE TABLE kept AS SELECT ${number} AS number`);
      return;
    case "redis":
      await withRedis(server.url, (client) => client.set("kept", number));
      return;
    case "mongodb":
    case "mongodb-standalone":
      await withMongo(server.url, (kept) => kept.insertOne({ number }));
  }
}

/** Reads it back. */
export async function keptNumber(server: TestServer): Promise<number> {
  switch (server.store) {
    case "postgres": {
      const [row] = await query(server.url, "SELECT number FROM kept");
      return (row as { readonly number: number }).number;
    }
    case "redis":
      return Number(await withRedis(server.url, (client) => client.get("kept")));
    case "mongodb":
    case "mongodb-standalone": {
      const document = await withMongo(server.url, (kept) => kept.findOne());
      return Number(document?.["number"]);
    }
  }
}

async function query(url: string, sql: string): Promise<readonly unknown[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function withRedis<Result>(
  url: string,
  use: (client: Redis) => Promise<Result>,
): Promise<Result> {
  const client = new Redis(url);
  try {
    return await use(client);
  } finally {
    client.disconnect();
  }
}

async function withMongo<Result>(
  url: string,
  use: (kept: Collection) => Promise<Result>,
): Promise<Result> {
  // Acknowledged by the disk: the server is about to crash.
  const client = new MongoClient(url, { writeConcern: { w: "majority", journal: true } });
  try {
    return await use(client.db("test").collection("kept"));
  } finally {
    await client.close();
  }
}
