import { findServer, type Search } from "./find-server.ts";
import { postgresRecipe } from "./postgres.ts";
import type { ServerRecipe } from "./server-recipe.ts";
import type { FoundServer, StoreName } from "./test-server.ts";

/** How each store's server is made; a new store is a line here. */
const recipes: Readonly<Record<StoreName, ServerRecipe>> = {
  postgres: postgresRecipe,
};

/** The servers of one process: each is looked for when it is first asked for, and at most once. */
export class OwnServers {
  readonly #searches = new Map<string, Promise<Search>>();

  async find(store: StoreName, durable: boolean): Promise<FoundServer> {
    const key = `${store} ${durable}`;
    const search = this.#searches.get(key) ?? this.#search(store, durable);
    this.#searches.set(key, search);
    return (await search).found;
  }

  async stop(): Promise<void> {
    const searches = [...this.#searches.values()];
    this.#searches.clear();
    const ended = await Promise.allSettled(searches.map(async (search) => (await search).stop()));
    const failed = ended.find((end) => end.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  async #search(store: StoreName, durable: boolean): Promise<Search> {
    const search = await findServer(recipes[store], durable, process.env);
    const { found } = search;
    const what = found.kind === "found" ? found.server.description : found.reason;
    process.stdout.write(`Test server: ${what}\n`);
    return search;
  }
}

/** Whether there is a recipe for it. */
export function isStoreName(name: string): name is StoreName {
  return Object.hasOwn(recipes, name);
}
