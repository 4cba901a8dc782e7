import type { IWakeUps } from "@revojs/core";
import type { JobQueue } from "./job-entry.ts";

type OnWake = Parameters<IWakeUps["listen"]>[0]["onWake"];
type WakeCause = Parameters<OnWake>[0];

/** Most servers that one call wakes for one queue. Whoever then claims all it can and leaves some wakes the next. */
const MOST_WOKEN = 3;

/**
 * Which job servers sleep for want of jobs, and how to wake them. A server is hungry for a queue from the claim that found too
 * little there until it is woken or claims its fill: so under load nobody is hungry and an enqueue does nothing here.
 *
 * What happens within a call is noted by `fed` and `dueSooner`, and told by `wake` at its end, when the store is whole again.
 */
export class Sleepers {
  readonly #listeners = new Map<string, Set<OnWake>>();
  readonly #queuesOf = new Map<string, readonly string[]>();
  readonly #hungryFor = new Map<string, Set<string>>();
  readonly #fed = new Set<JobQueue>();
  #dueSooner = false;

  /** Calls `onWake`, never before `listen` has returned, until the returned function is called. */
  listen(serverId: string, onWake: OnWake): () => void {
    const listeners = this.#listeners.get(serverId) ?? new Set();
    this.#listeners.set(serverId, listeners.add(onWake));
    return () => {
      listeners.delete(onWake);
      if (listeners.size === 0 && this.#listeners.get(serverId) === listeners) {
        this.#listeners.delete(serverId);
      }
    };
  }

  /** All listeners are gone and nobody is hungry. */
  clear(): void {
    this.#listeners.clear();
    this.forgetHunger();
  }

  /** Nobody is hungry; listeners stay. */
  forgetHunger(): void {
    this.#queuesOf.clear();
    this.#hungryFor.clear();
    this.#fed.clear();
    this.#dueSooner = false;
  }

  /** The server's claim came back short: these queues had less than it asked for. */
  hungers(serverId: string, queues: readonly string[]): void {
    this.sated(serverId);
    this.#queuesOf.set(serverId, queues);
    for (const queue of queues) {
      const hungry = this.#hungryFor.get(queue);
      if (hungry === undefined) this.#hungryFor.set(queue, new Set([serverId]));
      else hungry.add(serverId);
    }
  }

  /** The server is not hungry any more: it was woken, claimed its fill, or is gone. */
  sated(serverId: string): void {
    const queues = this.#queuesOf.get(serverId);
    if (queues === undefined) return;
    this.#queuesOf.delete(serverId);
    for (const queue of queues) {
      const hungry = this.#hungryFor.get(queue);
      hungry?.delete(serverId);
      if (hungry?.size === 0) this.#hungryFor.delete(queue);
    }
  }

  /** A job may now be claimed from `line`. */
  fed(line: JobQueue): void {
    if (this.#hungryFor.size > 0 && this.#hungryFor.has(line.name)) this.#fed.add(line);
  }

  /** A job became the earliest due: timers armed for another one are late. */
  dueSooner(): void {
    this.#dueSooner = true;
  }

  /**
   * Wakes a few of those who hunger for what came.
   * @param callerId The server whose own call this is: its reply tells it of the next due job.
   */
  wake(nowMs: number, callerId?: string): void {
    if (this.#fed.size > 0) {
      for (const line of this.#fed) if (!line.isPaused(nowMs)) this.#wakeFor(line);
      this.#fed.clear();
    }
    if (this.#dueSooner) {
      this.#dueSooner = false;
      if (callerId !== undefined && this.#queuesOf.has(callerId)) return;
      const serverId = this.#firstListening(this.#queuesOf.keys());
      if (serverId !== undefined) this.tell(serverId, "due");
    }
  }

  /** Calls the server's listeners in a microtask: a caller's stack must not grow by a whole claim. */
  tell(serverId: string, cause: WakeCause): void {
    for (const onWake of this.#listeners.get(serverId) ?? []) {
      queueMicrotask(() => {
        if (this.#listeners.get(serverId)?.has(onWake)) onWake(cause);
      });
    }
  }

  #wakeFor(line: JobQueue): void {
    for (let woken = Math.min(line.enqueued, MOST_WOKEN); woken > 0; woken--) {
      const serverId = this.#firstListening(this.#hungryFor.get(line.name) ?? []);
      if (serverId === undefined) return;
      this.sated(serverId);
      this.tell(serverId, "jobs");
    }
  }

  #firstListening(serverIds: Iterable<string>): string | undefined {
    for (const serverId of serverIds) if (this.#listeners.has(serverId)) return serverId;
    return undefined;
  }
}
