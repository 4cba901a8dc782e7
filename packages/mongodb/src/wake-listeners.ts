import type { IWakeUps } from "@revojs/core";
import type { Sleepers } from "./sleepers.ts";

type OnWake = Parameters<IWakeUps["listen"]>[0]["onWake"];
type WakeCause = Parameters<OnWake>[0];

/** Who of this process listens for which job server. */
export class WakeListeners {
  readonly #listeners = new Map<string, Set<OnWake>>();
  readonly #sleepers: Sleepers;

  constructor(sleepers: Sleepers) {
    this.#sleepers = sleepers;
  }

  get size(): number {
    return this.#listeners.size;
  }

  has(serverId: string): boolean {
    return this.#listeners.has(serverId);
  }

  /** Calls `onWake` until the returned function is called. */
  add(serverId: string, onWake: OnWake): () => void {
    const listeners = this.#listeners.get(serverId) ?? new Set();
    // A function of its own, so that one that listens twice can stop once.
    const own: OnWake = (cause) => onWake(cause);
    this.#listeners.set(serverId, listeners.add(own));
    return () => {
      listeners.delete(own);
      if (listeners.size === 0 && this.#listeners.get(serverId) === listeners)
        this.#listeners.delete(serverId);
    };
  }

  /** In a microtask: a caller's stack must not grow by a whole claim. @returns Whether anybody listens for this server. */
  tell(serverId: string, cause: WakeCause): boolean {
    const listeners = this.#listeners.get(serverId);
    if (listeners === undefined) return false;
    this.#sleepers.isWoken(serverId);
    for (const onWake of listeners) {
      queueMicrotask(() => {
        if (listeners.has(onWake)) onWake(cause);
      });
    }
    return true;
  }

  tellAll(cause: WakeCause): void {
    for (const serverId of this.#listeners.keys()) this.tell(serverId, cause);
  }

  clear(): void {
    for (const listeners of this.#listeners.values()) listeners.clear();
    this.#listeners.clear();
  }
}
