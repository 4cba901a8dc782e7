import type { IJobStorage, JobId } from "@revojs/core";
import type { StorageUnderTest, TransactionUnderTest } from "./storage-harness.ts";

/** What a case gets: an empty store and the hooks around it. Everything it makes is closed and removed after the case. */
export interface CaseContext {
  readonly storage: IJobStorage<unknown>;
  /** See {@link StorageUnderTest.slackMs}. */
  readonly slackMs: number;
  /** Another client, opened; the same object where the store lives in one. */
  readonly second: () => Promise<IJobStorage<unknown>>;
  /** Another empty store, its storage opened. */
  readonly fresh: () => Promise<CaseContext>;
  readonly advance: (byMs: number) => Promise<void>;
  /** @throws when the harness does not offer the hook: the case needs `hook:work`. */
  readonly work: () => Promise<number>;
  /** @throws when the harness does not offer the hook: the case needs `hook:snapshot`. */
  readonly snapshot: () => Promise<() => Promise<void>>;
  /** @throws when the harness does not offer the hook: the case needs `hook:corrupt`. */
  readonly corrupt: (jobId: JobId) => Promise<void>;
  /** @throws when the harness does not offer the hook: a storage with `transactions` has to. */
  readonly beginTransaction: () => Promise<TransactionUnderTest>;
}

/** Builds the context of a case and remembers what it has to give back. */
export class CaseResources {
  readonly #create: () => Promise<StorageUnderTest>;
  readonly #workerClockSkewMs: number;
  readonly #clients: IJobStorage<unknown>[] = [];
  readonly #stores: StorageUnderTest[] = [];

  /** @param create Makes an empty store; called once for the case and once for each {@link CaseContext.fresh}. */
  constructor(create: () => Promise<StorageUnderTest>, workerClockSkewMs: number) {
    this.#create = create;
    this.#workerClockSkewMs = workerClockSkewMs;
  }

  /** Makes a store. Its storage is not opened yet. */
  async store(): Promise<StorageUnderTest> {
    const store = await this.#create();
    this.#stores.push(store);
    this.#clients.push(store.storage);
    return store;
  }

  /** Opens the first client of a store, and makes the wall clock of this process wrong beside the storage's. */
  async open(store: StorageUnderTest): Promise<void> {
    await store.storage.open();
    if (this.#workerClockSkewMs !== 0) await store.setBack?.(this.#workerClockSkewMs);
  }

  contextOf(store: StorageUnderTest): CaseContext {
    return {
      storage: store.storage,
      slackMs: store.slackMs ?? 0,
      second: () => this.#second(store),
      fresh: async () => {
        const other = await this.store();
        await this.open(other);
        return this.contextOf(other);
      },
      advance: (byMs) => store.advance(byMs),
      work: () => offered(store.work, "work")(),
      snapshot: () => offered(store.snapshot, "snapshot")(),
      corrupt: (jobId) => offered(store.corrupt, "corrupt")(jobId),
      beginTransaction: () => offered(store.beginTransaction, "beginTransaction")(),
    };
  }

  /** Closes every client and removes every store. The first error is thrown after all was tried. */
  async release(): Promise<void> {
    const errors: unknown[] = [];
    const attempt = (step: () => Promise<void>): Promise<void> =>
      step().catch((error: unknown) => void errors.push(error));
    for (const client of this.#clients) await attempt(() => client.close());
    for (const store of this.#stores) await attempt(() => store.dispose());
    if (errors.length > 0) throw errors[0];
  }

  async #second(store: StorageUnderTest): Promise<IJobStorage<unknown>> {
    if (store.second === undefined) return store.storage;
    const client = await store.second();
    this.#clients.push(client);
    await client.open();
    return client;
  }
}

function offered<T>(hook: T | undefined, name: string): T {
  if (hook === undefined) throw new Error(`The harness offers no \`${name}\``);
  return hook;
}
