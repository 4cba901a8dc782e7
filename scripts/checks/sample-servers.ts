import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./workspace.ts";

type StoreName = "postgres" | "redis" | "mongodb";

/** The variables by which samples find a server, and what they lead to. */
const stores: Readonly<Record<string, StoreName>> = {
  POSTGRES_URL: "postgres",
  REDIS_URL: "redis",
  MONGODB_URL: "mongodb",
};

/** Where samples of one store run, one after the other; or why nowhere. */
export type SamplePlace =
  | { readonly kind: "found"; readonly url: string; readonly remove: () => Promise<void> }
  | { readonly kind: "missing"; readonly reason: string };

/** The variables that a sample reads to find a server. Pure. */
export function variablesOf(code: string): readonly string[] {
  return Object.keys(stores).filter((variable) => code.includes(`process.env["${variable}"]`));
}

type Found =
  | { readonly kind: "found"; readonly server: { readonly url: string } }
  | { readonly kind: "missing"; readonly reason: string };

/** Finds a server as the tests of the stores do, and makes a database there that nobody else uses. */
export async function placeFor(variable: string): Promise<SamplePlace> {
  const store = stores[variable];
  if (store === undefined) return { kind: "missing", reason: `${variable} stands for no store` };
  // What was built, as the samples themselves run on it.
  const built = pathToFileURL(join(root, "conformance", "dist", "servers.js")).href;
  const { testServer } = (await import(built)) as {
    readonly testServer: (name: StoreName) => Promise<Found>;
  };
  const found = await testServer(store);
  if (found.kind === "missing") return found;
  return { kind: "found", ...(await makers[store](found.server.url)) };
}

interface Made {
  readonly url: string;
  readonly remove: () => Promise<void>;
}

const name = `samples_${randomBytes(6).toString("hex")}`;

const makers: Readonly<Record<StoreName, (server: string) => Promise<Made>>> = {
  async postgres(server) {
    const pg = driverOf("postgres", "pg");
    const administrate = async (statement: string): Promise<void> => {
      const client = new pg.Client({ connectionString: server });
      await client.connect();
      await client.query(statement);
      await client.end();
    };
    await administrate(`create database ${name}`);
    return {
      url: withPath(server, name),
      remove: () => administrate(`drop database ${name} with (force)`),
    };
  },

  // Redis has no databases to be made: samples share its own, one after the other.
  async redis(server) {
    return { url: server, remove: async () => {} };
  },

  async mongodb(server) {
    const { MongoClient } = driverOf("mongodb", "mongodb");
    const url = withPath(server, name);
    return {
      url,
      remove: async () => {
        const client = await new MongoClient(url).connect();
        await client.db().dropDatabase();
        await client.close();
      },
    };
  },
};

/** The driver as the storage's package has it. */
// oxlint-disable-next-line typescript/no-explicit-any -- whatever the driver exports
function driverOf(folder: string, driver: string): any {
  return createRequire(join(root, "packages", folder, "package.json"))(driver);
}

function withPath(server: string, path: string): string {
  const url = new URL(server);
  url.pathname = `/${path}`;
  return url.href;
}
