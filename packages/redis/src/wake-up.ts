import type { IWakeUps } from "@revojs/core";
import type { Connection } from "./connection.ts";
import { toShortId } from "./job-ids.ts";
import { channelOf } from "./keys.ts";

type OnWake = Parameters<IWakeUps["listen"]>[0]["onWake"];
type WakeCause = Parameters<OnWake>[0];

const CAUSES: ReadonlySet<string> = new Set(["jobs", "due", "control"]);

/**
 * Receives wakes over one connection, whatever the number of servers and queues. A script that brings jobs publishes to the
 * channel of a server that sleeps for want of them, and to nobody else: under load nobody sleeps and nothing is published.
 *
 * What was published while the connection was down is lost, so each listener is told `gap` when it is back.
 */
export class WakeUps {
  readonly #prefix: string;
  readonly #connection: Connection;
  readonly #listeners = new Map<string, Set<OnWake>>();
  #wasLost = false;

  constructor(prefix: string, connection: Connection) {
    this.#prefix = prefix;
    this.#connection = connection;
    const { client } = connection;
    client.on("message", (channel: string, message: string) => this.#receive(channel, message));
    client.on("close", () => {
      this.#wasLost = true;
    });
    client.on("ready", () => {
      if (this.#wasLost) this.#resume();
    });
  }

  /** Resolves once wakes are being received. */
  async listen(serverId: string, onWake: OnWake): Promise<{ close(): Promise<void> }> {
    const channel = channelOf(this.#prefix, toShortId(serverId));
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(onWake));
    try {
      await this.#connection.call("reads", () => this.#connection.client.subscribe(channel));
    } catch (error) {
      this.#forget(channel, onWake);
      throw error;
    }
    return { close: () => this.#leave(channel, onWake) };
  }

  async #leave(channel: string, onWake: OnWake): Promise<void> {
    if (!this.#forget(channel, onWake)) return;
    const { client } = this.#connection;
    // Without a connection there is nothing to leave.
    if (client.status === "ready") await client.unsubscribe(channel).catch(() => {});
  }

  /** @returns Whether nobody listens on the channel any more. */
  #forget(channel: string, onWake: OnWake): boolean {
    const listeners = this.#listeners.get(channel);
    if (listeners === undefined || !listeners.delete(onWake) || listeners.size > 0) return false;
    return this.#listeners.delete(channel);
  }

  #receive(channel: string, message: string): void {
    if (CAUSES.has(message)) this.#tell(channel, message as WakeCause);
  }

  /** The connection is new: it listens to nothing yet. Should that fail, it breaks again and all begins anew. */
  #resume(): void {
    this.#wasLost = false;
    const channels = [...this.#listeners.keys()];
    if (channels.length === 0) return;
    this.#connection.client.subscribe(...channels).then(
      () => {
        for (const channel of channels) this.#tell(channel, "gap");
      },
      () => {
        this.#wasLost = true;
      },
    );
  }

  #tell(channel: string, cause: WakeCause): void {
    for (const onWake of this.#listeners.get(channel) ?? []) onWake(cause);
  }
}
