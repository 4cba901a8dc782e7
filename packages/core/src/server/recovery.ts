import type { EventHub } from "../events/event-hub.ts";
import { describeError } from "../job/job-error.ts";
import { RevoError } from "../errors.ts";
import type { IJobStorage } from "../storage/job-storage.ts";
import type { DeadPeer } from "./peer-watch.ts";

/** Jobs taken back by one call. */
const RECOVER_LIMIT = 500;
/** Delay before a job that a server died with, and that was marked as the only suspect, runs again. */
const CRASHED_DELAY_MS = 5_000;

const crashLoop = describeError(
  new RevoError(
    "REVO_JOB_FAILED",
    "The job server died again and again while it ran this job (crash-loop)",
  ),
);

/**
 * Takes the jobs of dead job servers back, bounded call by bounded call. Anybody may; the storage compares the beat once more,
 * so that a server that lives after all loses nothing.
 */
export class Recovery {
  readonly #storage: IJobStorage;
  readonly #events: EventHub;
  readonly #failedRetainMs: number;
  readonly #dead = new Map<string, DeadPeer>();

  constructor(options: {
    readonly storage: IJobStorage;
    readonly events: EventHub;
    /** How long jobs failed here stay readable, in milliseconds. */
    readonly failedRetainMs: number;
  }) {
    this.#storage = options.storage;
    this.#events = options.events;
    this.#failedRetainMs = options.failedRetainMs;
  }

  add(peers: readonly DeadPeer[]): void {
    for (const peer of peers) this.#dead.set(peer.serverId, peer);
  }

  /**
   * What the loop does: recovers all that were added. One that cannot be recovered does not hold back the others.
   * @returns Milliseconds until it is worth doing again.
   * @throws What the first of those said that are still to be recovered.
   */
  async recover(): Promise<number> {
    const errors: unknown[] = [];
    for (const peer of [...this.#dead.values()]) {
      try {
        await this.#recoverOne(peer);
        if (this.#dead.get(peer.serverId) === peer) this.#dead.delete(peer.serverId);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
    return Number.POSITIVE_INFINITY;
  }

  async #recoverOne(peer: DeadPeer): Promise<void> {
    for (;;) {
      const reply = await this.#storage.upkeep.recover({
        ...peer,
        limit: Math.min(RECOVER_LIMIT, this.#storage.capabilities.maxBatch),
        delayMs: CRASHED_DELAY_MS,
        retainMs: this.#failedRetainMs,
        error: crashLoop,
      });
      if (reply.kind === "beat-moved") return;
      const { returned, failed, deleted, more } = reply;
      // All who watched it come here; only one finds its jobs.
      const isEmpty = returned.length + failed.length + deleted.length === 0;
      if (!isEmpty)
        this.#events.emit("server.recovered", {
          serverId: peer.serverId,
          returned,
          failed,
          deleted,
        });
      if (!more) return;
    }
  }
}
