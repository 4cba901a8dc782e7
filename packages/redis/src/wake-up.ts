import { type IClock, type ITimer, type IWakeUps, RevoError } from "@revojs/core";
import type { Redis } from "ioredis";
import { reconnectDelayMs } from "./connect.ts";
import { deadlineError } from "./errors.ts";
import { toShortId } from "./job-ids.ts";
import { channelOf } from "./keys.ts";

type OnWake = Parameters<IWakeUps["listen"]>[0]["onWake"];
type WakeCause = Parameters<OnWake>[0];

const CAUSES: ReadonlySet<string> = new Set(["jobs", "due", "control"]);

/** What a subscriber needs. */
export interface WakeUpsOptions {
  /** Of the storage, or of each of its partitions. */
  readonly prefixes: readonly string[];
  readonly clock: IClock;
  readonly timeoutMs: number;
  /** Makes a client that does not reconnect by itself; in a cluster, each time to another node. */
  readonly connect: (tries: number) => Redis;
}

/**
 * Receives wakes over one connection, whatever the number of servers and queues. A script that brings jobs publishes to the
 * channel of a server that sleeps for want of them, and to nobody else: under load nobody sleeps and nothing is published.
 *
 * What was published while the connection was down is lost, so each listener is told `gap` when it is back.
 */
export class WakeUps {
  readonly #options: WakeUpsOptions;
  readonly #listeners = new Map<string, Set<OnWake>>();
  #waiting: { readonly onReady: () => void; readonly onClosed: () => void }[] = [];
  #client: Redis | undefined;
  #retry: ITimer | undefined;
  #tries = 0;
  #wasReady = false;
  #isClosed = false;

  constructor(options: WakeUpsOptions) {
    this.#options = options;
  }

  /** Resolves once wakes are being received. @throws RevoError `REVO_STORAGE_UNAVAILABLE`, `REVO_CLOSED`. */
  async listen(serverId: string, onWake: OnWake): Promise<{ close(): Promise<void> }> {
    const server = toShortId(serverId);
    const channels = this.#options.prefixes.map((prefix) => channelOf(prefix, server));
    for (const channel of channels) {
      const listeners = this.#listeners.get(channel) ?? new Set();
      this.#listeners.set(channel, listeners.add(onWake));
    }
    try {
      await this.#within(this.#subscribe(channels));
    } catch (error) {
      for (const channel of channels) this.#forget(channel, onWake);
      throw error;
    }
    return { close: () => this.#leave(channels, onWake) };
  }

  close(): void {
    this.#isClosed = true;
    this.#retry?.cancel();
    this.#client?.disconnect();
    this.#listeners.clear();
    for (const { onClosed } of this.#waiting) onClosed();
    this.#waiting = [];
  }

  async #subscribe(channels: readonly string[]): Promise<void> {
    if (this.#client?.status === "ready") {
      await this.#client.subscribe(...channels);
      return;
    }
    if (this.#client === undefined && this.#retry === undefined) this.#connect();
    // The next connection begins by subscribing to all channels, these among them.
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ onReady: resolve, onClosed: () => reject(closedError()) });
    });
  }

  async #leave(channels: readonly string[], onWake: OnWake): Promise<void> {
    const left = channels.filter((channel) => this.#forget(channel, onWake));
    // Without a connection there is nothing to leave.
    if (left.length > 0 && this.#client?.status === "ready")
      await this.#client.unsubscribe(...left).catch(() => {});
  }

  /** @returns Whether nobody listens on the channel any more. */
  #forget(channel: string, onWake: OnWake): boolean {
    const listeners = this.#listeners.get(channel);
    if (listeners === undefined || !listeners.delete(onWake) || listeners.size > 0) return false;
    return this.#listeners.delete(channel);
  }

  #connect(): void {
    const client = this.#options.connect(this.#tries);
    this.#client = client;
    client.on("error", () => {});
    client.on("message", (channel: string, message: string) => {
      if (CAUSES.has(message)) this.#tell(channel, message as WakeCause);
    });
    client.on("ready", () => void this.#resume(client));
    client.on("end", () => this.#reconnect());
    client.connect().catch(() => {});
  }

  #reconnect(): void {
    this.#client = undefined;
    if (this.#isClosed || this.#listeners.size === 0) return;
    this.#retry = this.#options.clock.schedule(reconnectDelayMs(++this.#tries), () => {
      this.#retry = undefined;
      this.#connect();
    });
  }

  /** A new connection listens to nothing yet. If that fails it ends, and the next one begins anew. */
  async #resume(client: Redis): Promise<void> {
    const channels = [...this.#listeners.keys()];
    try {
      if (channels.length > 0) await client.subscribe(...channels);
    } catch {
      client.disconnect();
      return;
    }
    this.#tries = 0;
    if (this.#wasReady) this.#tellGap();
    this.#wasReady = true;
    for (const { onReady } of this.#waiting) onReady();
    this.#waiting = [];
  }

  /** Once to each listener, on however many channels. */
  #tellGap(): void {
    const listeners = [...this.#listeners.values()].flatMap((each) => [...each]);
    for (const onWake of new Set(listeners)) onWake("gap");
  }

  #tell(channel: string, cause: WakeCause): void {
    for (const onWake of this.#listeners.get(channel) ?? []) onWake(cause);
  }

  async #within(work: Promise<void>): Promise<void> {
    const { clock, timeoutMs } = this.#options;
    await new Promise<void>((resolve, reject) => {
      const timer = clock.schedule(timeoutMs, () => {
        reject(deadlineError(timeoutMs, "reads", "not-sent"));
      });
      work.then(resolve, reject).finally(() => timer.cancel());
    });
  }
}

function closedError(): RevoError {
  return new RevoError("REVO_CLOSED", "The Redis storage was closed meanwhile");
}
