import type { IWakeUps } from "@revojs/core";
import { toRevoError } from "./errors.ts";

type Listen = Parameters<IWakeUps["listen"]>[0];
type WakeCause = Parameters<Listen["onWake"]>[0];

/** A connection that hears notifications. A `Client` of `pg` is one. */
export interface ListeningClient {
  connect(): Promise<unknown>;
  query(text: string): Promise<unknown>;
  on(event: "notification", listener: (message: { payload?: string | undefined }) => void): unknown;
  on(event: "error" | "end", listener: (error?: Error) => void): unknown;
  end(): Promise<void>;
}

export interface WakeUpParts {
  readonly channel: string;
  /** Makes a client that is not connected yet. */
  readonly makeClient: () => ListeningClient;
  /** Makes a server known as a sleeper, or forgets it. */
  readonly setSleeper: (serverId: string, isSleeper: boolean) => Promise<void>;
  readonly deadlineMs: number;
}

/** A notification of one's own must come back within this time. */
const PROBE_ANSWER_MS = 5_000;
const PROBE_EVERY_MS = 30_000;
const FIRST_RECONNECT_MS = 100;
const LONGEST_RECONNECT_MS = 5_000;

/**
 * Hears the notifications that an enqueue sends to sleeping job servers: on one connection of its own for all servers of the
 * process, connected with the first listener and closed with the last. A connection that was lost is made again, for as long
 * as somebody listens, and everybody is told of the gap.
 */
export class WakeUps implements IWakeUps {
  readonly kind = "hint";
  readonly #parts: WakeUpParts;
  readonly #listeners = new Map<string, Set<Listen["onWake"]>>();
  #connection: Connection | undefined;
  #connecting: Promise<void> | undefined;
  #reconnecting: NodeJS.Timeout | undefined;
  #failures = 0;

  constructor(parts: WakeUpParts) {
    this.#parts = parts;
  }

  async listen({ serverId, onWake }: Listen): Promise<{ close(): Promise<void> }> {
    const listeners = this.#listeners.get(serverId) ?? new Set();
    this.#listeners.set(serverId, listeners.add(onWake));
    let isOpen = true;
    const close = async (): Promise<void> => {
      if (!isOpen) return;
      isOpen = false;
      listeners.delete(onWake);
      if (listeners.size > 0 || this.#listeners.get(serverId) !== listeners) return;
      this.#listeners.delete(serverId);
      // Who is forgotten too late is only woken in vain.
      await this.#parts.setSleeper(serverId, false).catch(() => {});
      if (this.#listeners.size === 0) await this.close();
    };
    try {
      await this.#connected();
      await this.#parts.setSleeper(serverId, true);
    } catch (error) {
      await close();
      throw error;
    }
    return { close };
  }

  /** Nobody is woken any more. */
  async close(): Promise<void> {
    this.#listeners.clear();
    clearTimeout(this.#reconnecting);
    this.#reconnecting = undefined;
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close();
  }

  async #connected(): Promise<void> {
    if (this.#connection !== undefined) return;
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    await this.#connecting;
  }

  async #connect(): Promise<void> {
    const connection = new Connection(this.#parts, {
      onMessage: (payload) => this.#heard(payload),
      onLost: () => this.#lost(connection),
    });
    await connection.open();
    if (this.#listeners.size === 0) {
      await connection.close();
      return;
    }
    this.#connection = connection;
    this.#failures = 0;
  }

  #heard(payload: string): void {
    const [cause, serverId] = payload.split(":", 2);
    for (const onWake of this.#listeners.get(serverId ?? "") ?? []) onWake(cause as WakeCause);
  }

  #lost(connection: Connection): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#reconnectLater();
  }

  #reconnectLater(): void {
    if (this.#listeners.size === 0 || this.#reconnecting !== undefined) return;
    const longestMs = Math.min(FIRST_RECONNECT_MS * 2 ** this.#failures, LONGEST_RECONNECT_MS);
    this.#failures++;
    this.#reconnecting = setTimeout(
      () => {
        this.#reconnecting = undefined;
        void this.#reconnect();
      },
      longestMs * (0.5 + Math.random() / 2),
    );
  }

  async #reconnect(): Promise<void> {
    try {
      await this.#connected();
    } catch {
      // Whoever sleeps polls meanwhile.
      this.#reconnectLater();
      return;
    }
    for (const listeners of this.#listeners.values()) for (const onWake of listeners) onWake("gap");
  }
}

interface ConnectionEvents {
  readonly onMessage: (payload: string) => void;
  readonly onLost: () => void;
}

/** One connection, from its opening to its loss or close. */
class Connection {
  readonly #client: ListeningClient;
  readonly #parts: WakeUpParts;
  readonly #events: ConnectionEvents;
  #isOver = false;
  #probe: NodeJS.Timeout | undefined;
  #onProbe: (() => void) | undefined;

  constructor(parts: WakeUpParts, events: ConnectionEvents) {
    this.#parts = parts;
    this.#events = events;
    this.#client = parts.makeClient();
  }

  /** @throws RevoError when it cannot be made in time. */
  async open(): Promise<void> {
    const { channel, deadlineMs } = this.#parts;
    this.#client.on("error", () => this.#end(true));
    this.#client.on("end", () => this.#end(true));
    this.#client.on("notification", ({ payload = "" }) => {
      if (payload === this.#probeText) this.#onProbe?.();
      else this.#events.onMessage(payload);
    });
    try {
      await within(deadlineMs, async () => {
        await this.#client.connect();
        await this.#client.query(`listen "${channel}"`);
      });
    } catch (error) {
      this.#end(false);
      throw toRevoError(error, { sent: false, writes: false });
    }
    this.#probeLater();
  }

  async close(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#probe);
    await within(this.#parts.deadlineMs, () => this.#client.end()).catch(() => {});
  }

  readonly #probeText = `probe:${Math.random()}`;

  /** A connection may be dead without anybody having said so: a router forgot it, a pooler handed it on. */
  #probeLater(): void {
    this.#probe = setTimeout(() => void this.#askForAnEcho(), PROBE_EVERY_MS);
    this.#probe.unref();
  }

  async #askForAnEcho(): Promise<void> {
    try {
      await within(PROBE_ANSWER_MS, async () => {
        const heard = new Promise<void>((resolve) => {
          this.#onProbe = resolve;
        });
        await this.#client.query(`notify "${this.#parts.channel}", '${this.#probeText}'`);
        await heard;
      });
      if (!this.#isOver) this.#probeLater();
    } catch {
      this.#end(true);
    }
  }

  #end(isLoss: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#probe);
    void this.#client.end().catch(() => {});
    if (isLoss) this.#events.onLost();
  }
}

async function within<T>(ms: number, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
