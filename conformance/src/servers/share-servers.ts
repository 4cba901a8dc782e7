import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { findServer, localOnly } from "./find-server.ts";
import { ProcessServers } from "./process-servers.ts";
import { recipes } from "./recipes.ts";
import { requestFor } from "./server-request.ts";
import type {
  FoundServer,
  OwnServer,
  OwnServerOptions,
  StoreName,
  TestServerOptions,
} from "./test-server.ts";

/** Tells the processes of one test run where to ask for a server. */
const variable = "REVO_TEST_SERVERS";

/** For a process that nobody shares servers with: they end with it. */
let own: ProcessServers | undefined;

/**
 * A real server of `store`: the one that the test run shares, where {@link shareTestServers} was called, else one of this process.
 * It starts when it is first asked for. Prints which server was taken.
 *
 * @returns A server that accepts connections, or why there is none. Never throws for want of a server.
 */
export async function testServer(
  store: StoreName,
  { durable = false }: TestServerOptions = {},
): Promise<FoundServer> {
  const shared = process.env[variable];
  if (shared === undefined) {
    own ??= new ProcessServers();
    return await own.find(store, durable);
  }
  const response = await fetch(`${shared}/${store}?durable=${durable}`);
  if (!response.ok) throw new Error(`${variable} answers ${await response.text()}`);
  return (await response.json()) as FoundServer;
}

/**
 * Starts a server that nobody else uses, for a test that ends it. Takes it from where {@link testServer} would.
 *
 * @returns A server that accepts connections, to be stopped by the caller (it also ends with this process), or why there is none.
 */
export async function ownServer(
  store: StoreName,
  options: OwnServerOptions = {},
): Promise<FoundServer<OwnServer>> {
  const environment = options.local === true ? localOnly(process.env) : process.env;
  return await findServer(recipes[store], requestFor(options), environment);
}

/**
 * Shares servers with all processes that this one starts from now on: each store has one server, started when the first test asks for
 * it. Made for vitest's `globalSetup`. Called again, by another project of the same run, it does nothing.
 *
 * @returns Ends all of them. They also end when this process does, in whatever way.
 */
export async function shareTestServers(): Promise<() => Promise<void>> {
  if (process.env[variable] !== undefined) return async () => {};
  const servers = new ProcessServers();
  const secret = randomBytes(12).toString("hex");
  const http = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const [, given, store = ""] = url.pathname.split("/");
    if (given !== secret || !isStoreName(store)) {
      response.writeHead(404).end(`no such store: ${store}`);
      return;
    }
    servers.find(store, url.searchParams.get("durable") === "true").then(
      (found) => response.end(JSON.stringify(found)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen(0, "127.0.0.1", resolve);
  });
  http.unref();
  const address = http.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  process.env[variable] = `http://127.0.0.1:${port}/${secret}`;
  return async () => {
    delete process.env[variable];
    http.close();
    http.closeAllConnections();
    await servers.stop();
  };
}

function isStoreName(name: string): name is StoreName {
  return Object.hasOwn(recipes, name);
}
