import { type IClock, RevoError } from "@revojs/core";
import { type Cluster, Redis, type RedisOptions } from "ioredis";
import {
  asksForReconnect,
  deadlineError,
  type Effect,
  isUnknownScript,
  type Progress,
  toRevoError,
} from "./errors.ts";
import type { RedisSettings } from "./options.ts";
import type { Script } from "./script.ts";

type Client = Redis | Cluster;

/** Reconnecting begins at once and slows down to this, in milliseconds. */
const MOST_RECONNECT_DELAY_MS = 1000;
const RECONNECT_STEP_MS = 50;

/**
 * How each connection is set up, whatever the caller's client was: a command that cannot leave now is not kept for later, and one
 * whose reply was lost is not sent again behind our back. So it is known what became of each call.
 */
const OURS = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  // A connection that breaks rejects what was under way, instead of keeping it until the next one.
  maxRetriesPerRequest: 0,
  keyPrefix: "",
  enableAutoPipelining: false,
  readOnly: false,
} as const satisfies Partial<RedisOptions>;

/** One connection (to a cluster: one to each node that it needs), which reconnects by itself until it is closed. */
export class Connection {
  readonly #client: Client;
  readonly #clock: IClock;
  readonly #timeoutMs: number;
  #lastError: unknown;
  #isClosed = false;

  /** @param role Shown in `CLIENT LIST`. */
  constructor(settings: RedisSettings, clock: IClock, role: string) {
    this.#client = connect(settings, role);
    this.#clock = clock;
    this.#timeoutMs = settings.callTimeoutMs;
    this.#client.on("error", (error: unknown) => {
      this.#lastError = error;
    });
    this.#client.on("ready", () => {
      this.#lastError = undefined;
    });
  }

  /** For what a script cannot do: INFO, SUBSCRIBE and the events of the connection. */
  get client(): Client {
    return this.#client;
  }

  get isCluster(): boolean {
    return this.#client.isCluster;
  }

  /** All that the server tells of itself. */
  async info(): Promise<string> {
    if (!isCluster(this.#client)) return this.#client.info();
    const [node] = this.#client.nodes("master");
    return node === undefined ? "" : node.info();
  }

  /** Runs a script within the deadline. @throws RevoError: see `toRevoError` and `deadlineError`. */
  run<TReply>(
    script: Script<TReply>,
    key: string,
    values: readonly (string | number)[],
  ): Promise<TReply> {
    return this.call(script.effect, () => this.#evaluate(script, key, values));
  }

  /** Sends a command within the deadline, as soon as there is a connection. */
  async call<T>(effect: Effect, send: () => Promise<T>): Promise<T> {
    let progress: Progress = "not-sent";
    const attempt = async (): Promise<T> => {
      if (this.#client.status !== "ready") await this.#ready();
      progress = "sent";
      return await send();
    };
    return await new Promise<T>((resolve, reject) => {
      const timer = this.#clock.schedule(this.#timeoutMs, () => {
        reject(deadlineError(this.#timeoutMs, effect, progress, this.#lastError));
      });
      attempt().then(
        (value) => {
          timer.cancel();
          resolve(value);
        },
        (error: unknown) => {
          timer.cancel();
          const failure = toRevoError(error, effect, isUnsent(error) ? "not-sent" : progress);
          if (asksForReconnect(failure)) this.#reconnect();
          reject(failure);
        },
      );
    });
  }

  /** Resolves when there is a connection; rejects when there will be none: the storage was closed, or the server lets nobody in. */
  async #ready(): Promise<void> {
    const client = this.#client;
    if (this.#isClosed) throw closedError();
    if (client.status === "wait" || client.status === "end") client.connect().catch(() => {});
    await new Promise<void>((resolve, reject) => {
      const settle = (act: () => void): void => {
        client.off("ready", onReady);
        client.off("end", onEnd);
        client.off("error", onError);
        act();
      };
      const onReady = (): void => settle(resolve);
      const onEnd = (): void =>
        settle(() => reject(this.#isClosed ? closedError() : this.#lastError));
      const onError = (error: unknown): void => {
        if (toRevoError(error, "reads", "not-sent").code === "REVO_STORAGE_FORBIDDEN") {
          settle(() => reject(error));
        }
      };
      client.on("ready", onReady);
      client.on("end", onEnd);
      client.on("error", onError);
    });
  }

  async #evaluate<TReply>(
    script: Script<TReply>,
    key: string,
    values: readonly (string | number)[],
  ): Promise<TReply> {
    const rest = values as (string | number)[];
    try {
      return (await this.#client.evalsha(script.sha, 1, key, ...rest)) as TReply;
    } catch (error) {
      // Nothing ran: the text brings the script back, for this call and all that follow.
      if (!isUnknownScript(error)) throw error;
      return (await this.#client.eval(script.text, 1, key, ...rest)) as TReply;
    }
  }

  /** The name may lead to another server by now. */
  #reconnect(): void {
    if (!isCluster(this.#client)) this.#client.disconnect(true);
  }

  close(): void {
    this.#isClosed = true;
    this.#client.disconnect();
  }
}

function connect({ connectionString, client }: RedisSettings, role: string): Client {
  const connectionName = `revo-${role}`;
  if (connectionString !== undefined)
    return new Redis(connectionString, {
      ...OURS,
      connectionName,
      retryStrategy: reconnectDelayMs,
    });
  if (isCluster(client)) {
    return client.duplicate([], {
      lazyConnect: true,
      enableOfflineQueue: false,
      keyPrefix: "",
      scaleReads: "master",
      clusterRetryStrategy: reconnectDelayMs,
      // A command whose connection broke may have been carried out: it is ours to say so, not to be sent again unseen.
      retryDelayOnFailover: 0,
      redisOptions: { connectionName, autoResendUnfulfilledCommands: false, keyPrefix: "" },
    });
  }
  if (client === undefined) throw new Error("neither connectionString nor client");
  return client.duplicate({ ...OURS, connectionName, retryStrategy: reconnectDelayMs });
}

function reconnectDelayMs(tries: number): number {
  return Math.min(tries * RECONNECT_STEP_MS, MOST_RECONNECT_DELAY_MS);
}

/** By what it says: the caller's ioredis may be another copy than ours. */
function isCluster(client: Client | undefined): client is Cluster {
  return client?.isCluster === true;
}

function closedError(): RevoError {
  return new RevoError("REVO_CLOSED", "The Redis storage was closed meanwhile; nothing was done");
}

/** ioredis refuses at once what it cannot write. */
function isUnsent(error: unknown): boolean {
  return error instanceof Error && /isn't writeable|isn't ready/.test(error.message);
}
