import { findServer } from "./find-server.ts";
import { recipes } from "./recipes.ts";
import { requestFor } from "./server-request.ts";
import type { FoundServer, OwnServer, StoreName } from "./test-server.ts";

/** The servers of one process: each is looked for when it is first asked for, and at most once. */
export class ProcessServers {
  readonly #searches = new Map<string, Promise<FoundServer<OwnServer>>>();

  async find(store: StoreName, durable: boolean): Promise<FoundServer> {
    const key = `${store} ${durable}`;
    const search = this.#searches.get(key) ?? this.#search(store, durable);
    this.#searches.set(key, search);
    return await search;
  }

  async stop(): Promise<void> {
    const searches = [...this.#searches.values()];
    this.#searches.clear();
    const found = await Promise.all(searches.map((search) => search.catch(() => undefined)));
    for (const one of found) {
      if (one?.kind === "found") await one.server.stop();
    }
  }

  async #search(store: StoreName, durable: boolean): Promise<FoundServer<OwnServer>> {
    const found = await findServer(recipes[store], requestFor({ durable }), process.env);
    const what = found.kind === "found" ? found.server.description : found.reason;
    process.stdout.write(`Test server: ${what}\n`);
    return found;
  }
}
