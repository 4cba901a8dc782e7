import type { RevoArgumentError } from "../errors.ts";
import { argumentError } from "../job/argument-error.ts";
import { nearestName } from "../job/option-keys.ts";
import { eventNames, type RevoEventName, type RevoEvents } from "./job-events.ts";

/** Is told of one kind of event. Runs within the emitter's turn: keep it short. What it returns is not waited for. */
export type RevoListener<TName extends RevoEventName> = (event: RevoEvents[TName]) => unknown;

/** What users see of the hub. */
export interface IRevoEvents {
  /**
   * Listens until the returned function is called. A listener that throws, or whose promise rejects, harms nobody: see
   * `listener.failed`.
   * @throws `REVO_ARGUMENT_INVALID`: there is no such event, or the listener is no function.
   */
  on<TName extends RevoEventName>(name: TName, listener: RevoListener<TName>): () => void;
}

/** Typed events of one Revo instance. */
export class EventHub implements IRevoEvents {
  readonly #listeners = new Map<RevoEventName, Set<Registration>>();

  on<TName extends RevoEventName>(name: TName, listener: RevoListener<TName>): () => void {
    if (!Object.hasOwn(eventNames, name)) throw unknownEvent(name);
    if (typeof listener !== "function") {
      throw argumentError("REVO_ARGUMENT_INVALID", "listener", "to be a function", listener);
    }
    const registrations = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, registrations);
    // Of its own, so that one function may listen twice and stop once.
    const registration: Registration = { listener };
    registrations.add(registration);
    return () => {
      registrations.delete(registration);
      if (registrations.size === 0 && this.#listeners.get(name) === registrations) {
        this.#listeners.delete(name);
      }
    };
  }

  /** Whether anybody listens: spares the hot path the making of events that nobody hears. */
  has(name: RevoEventName): boolean {
    return this.#listeners.has(name);
  }

  emit<TName extends RevoEventName>(name: TName, event: RevoEvents[TName]): void {
    const registrations = this.#listeners.get(name);
    if (registrations === undefined) return;
    for (const { listener } of [...registrations]) {
      try {
        const returned: unknown = (listener as RevoListener<TName>)(event);
        // An asynchronous listener would end the process by a rejection that nobody handles.
        if (returned instanceof Promise)
          returned.catch((error: unknown) => this.#failed(name, error));
      } catch (error) {
        this.#failed(name, error);
      }
    }
  }

  #failed(event: RevoEventName, error: unknown): void {
    if (event !== "listener.failed") this.emit("listener.failed", { event, error });
  }
}

interface Registration {
  readonly listener: RevoListener<never>;
}

function unknownEvent(name: unknown): RevoArgumentError {
  const nearest = typeof name === "string" ? nearestName(name, Object.keys(eventNames)) : undefined;
  const hint = nearest === undefined ? "" : ` (did you mean \`${nearest}\`?)`;
  return argumentError("REVO_ARGUMENT_INVALID", "name", `to be the name of an event${hint}`, name);
}
