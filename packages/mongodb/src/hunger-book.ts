/** Full claims in a row after which a server is written down as sated: a single one is no reason to write. */
const FULL_CLAIMS = 8;

interface Entry {
  /** As it was written. */
  readonly queues: string;
  fullClaims: number;
}

/** What a claim's end asks to be written down; `undefined`: nothing. */
export type HungerChange = { readonly hungry: readonly string[] } | { readonly hungry: null };

/**
 * Which servers of this process are written down as hungry, so that only a change is written: an idle server that asks again
 * and again writes nothing, and neither does a busy one.
 */
export class HungerBook {
  readonly #entries = new Map<string, Entry>();

  isHungry(serverId: string): boolean {
    return this.#entries.has(serverId);
  }

  /** The claim came back short: these queues had less than it asked for. */
  short(serverId: string, queues: readonly string[]): HungerChange | undefined {
    const text = JSON.stringify([...queues].toSorted());
    const entry = this.#entries.get(serverId);
    if (entry?.queues === text) {
      entry.fullClaims = 0;
      return undefined;
    }
    this.#entries.set(serverId, { queues: text, fullClaims: 0 });
    return { hungry: queues };
  }

  /** The claim gave all that was asked for. */
  full(serverId: string): HungerChange | undefined {
    const entry = this.#entries.get(serverId);
    if (entry === undefined || ++entry.fullClaims < FULL_CLAIMS) return undefined;
    this.#entries.delete(serverId);
    return { hungry: null };
  }

  /** The server is gone, or what was written may be. */
  forget(serverId: string): void {
    this.#entries.delete(serverId);
  }

  clear(): void {
    this.#entries.clear();
  }
}
