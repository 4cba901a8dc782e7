import { ownServer } from "@revojs/conformance/servers";
import type { Store } from "../systems/bench-system.ts";
import { MongodbServer } from "./mongodb-server.ts";
import { PostgresServer } from "./postgres-server.ts";
import { RedisServer } from "./redis-server.ts";
import type { StoreServer } from "./store-server.ts";

/** The server of a store, or the reason why there is none. */
export type FoundStoreServer =
  | { readonly kind: "found"; readonly server: StoreServer }
  | { readonly kind: "missing"; readonly reason: string };

/**
 * Finds a server as the tests do (a URL of the environment, a container, a program of this machine, one of a package), but one
 * that flushes to disk as in production.
 */
export async function findStoreServer(store: Store): Promise<FoundStoreServer> {
  const found = await ownServer(store, { durable: true });
  if (found.kind === "missing") return { kind: "missing", reason: found.reason };
  const { server } = found;
  try {
    switch (store) {
      case "postgres":
        return { kind: "found", server: await PostgresServer.open(server) };
      case "redis":
        return { kind: "found", server: await RedisServer.open(server) };
      case "mongodb":
        return { kind: "found", server: await MongodbServer.open(server) };
    }
  } catch (error) {
    await server.stop();
    throw error;
  }
}
