import type { Store } from "./store.ts";

/** What a {@link MemoryJobStorage} held at one moment; only `rollbackTo` can look inside. */
export class MemorySnapshot {
  readonly #store: Store;

  /** Use `MemoryJobStorage.snapshot`. */
  constructor(store: Store) {
    this.#store = store;
  }

  /** @internal */
  static storeOf(snapshot: MemorySnapshot): Store {
    return snapshot.#store;
  }
}
