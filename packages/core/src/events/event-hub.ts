import type { RevoEventName, RevoEvents } from "./job-events.ts";

/** Is told of one kind of event. Runs within the emitter's turn: keep it short. */
export type RevoListener<TName extends RevoEventName> = (event: RevoEvents[TName]) => void;

/** What users see of the hub. */
export interface IRevoEvents {
  /** Listens until the returned function is called. A listener that throws harms nobody: see `listener.failed`. */
  on<TName extends RevoEventName>(name: TName, listener: RevoListener<TName>): () => void;
}

/** Typed events of one Revo instance. */
export class EventHub implements IRevoEvents {
  readonly #listeners = new Map<RevoEventName, Set<RevoListener<never>>>();

  on<TName extends RevoEventName>(name: TName, listener: RevoListener<TName>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(name);
    };
  }

  /** Whether anybody listens: spares the hot path the making of events that nobody hears. */
  has(name: RevoEventName): boolean {
    return this.#listeners.has(name);
  }

  emit<TName extends RevoEventName>(name: TName, event: RevoEvents[TName]): void {
    const listeners = this.#listeners.get(name);
    if (listeners === undefined) return;
    for (const listener of [...listeners]) {
      try {
        (listener as RevoListener<TName>)(event);
      } catch (error) {
        if (name !== "listener.failed") this.emit("listener.failed", { event: name, error });
      }
    }
  }
}
