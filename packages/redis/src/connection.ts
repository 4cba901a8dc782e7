import { type IClock, RevoError } from "@revojs/core";
import type { Redis } from "ioredis";
import { type Client, connect, isCluster } from "./connect.ts";
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

type Values = readonly (string | number)[];

/** A connection for commands, which reconnects by itself until it is closed. Each call on it answers within a deadline. */
export class Connection {
  readonly client: Client;
  readonly #clock: IClock;
  readonly #timeoutMs: number;
  #lastError: unknown;
  #isClosed = false;

  /** @param role Shown in `CLIENT LIST`. */
  constructor(settings: RedisSettings, clock: IClock, role: string) {
    this.client = connect(settings, role);
    this.#clock = clock;
    this.#timeoutMs = settings.callTimeoutMs;
    this.client.on("error", (error: unknown) => {
      this.#lastError = error;
    });
    this.client.on("ready", () => {
      this.#lastError = undefined;
    });
  }

  /** All that the server tells of itself; in a cluster, one of its masters. */
  info(): Promise<string> {
    return this.call("reads", async () => this.#anyMaster().info());
  }

  /** A parameter of the server, or `undefined` where it has none of that name. */
  config(name: string): Promise<string | undefined> {
    return this.call("reads", async () => {
      const node = this.#anyMaster();
      const reply: unknown = await node.config("GET", name);
      return Array.isArray(reply) && typeof reply[1] === "string" ? reply[1] : undefined;
    });
  }

  /**
   * Runs a script. `timeoutMs`: of this call, if it is a part of one that began before.
   * @throws RevoError: see `toRevoError` and `deadlineError`.
   */
  run<TReply>(
    script: Script<TReply>,
    key: string,
    values: Values,
    timeoutMs?: number,
  ): Promise<TReply> {
    return this.call(script.effect, () => this.#evaluate(script, key, values), timeoutMs);
  }

  /**
   * Runs a script, then another command on the same connection, in one round trip.
   * @throws RevoError of the script, or else of the command.
   */
  runThen<TReply>(
    script: Script<TReply>,
    key: string,
    values: Values,
    then: readonly [command: string, ...values: (string | number)[]],
    timeoutMs?: number,
  ): Promise<readonly [reply: TReply, then: unknown]> {
    const send = async (): Promise<readonly [reply: TReply, then: unknown]> => {
      // The text itself: were the script unknown, the other command would be answered for nothing.
      const pipeline = this.client.pipeline().eval(script.text, 1, key, ...(values as string[]));
      const [first, second] = (await pipeline.call(...then).exec()) ?? [];
      const error = first?.[0] ?? second?.[0];
      if (error) throw error;
      return [first?.[1] as TReply, second?.[1]];
    };
    return this.call(script.effect, send, timeoutMs);
  }

  /** Sends a command within the deadline, as soon as there is a connection. */
  call<T>(effect: Effect, send: () => Promise<T>, timeoutMs: number = this.#timeoutMs): Promise<T> {
    if (timeoutMs <= 0) return Promise.reject(deadlineError(this.#timeoutMs, "reads", "sent"));
    let progress: Progress = "not-sent";
    const attempt = async (): Promise<T> => {
      if (this.client.status !== "ready") await this.#ready();
      for (;;) {
        try {
          progress = "sent";
          return await send();
        } catch (error) {
          // The connection was just about to break.
          if (!isUnsent(error)) throw error;
          progress = "not-sent";
          await this.#ready();
        }
      }
    };
    return new Promise<T>((resolve, reject) => {
      const timer = this.#clock.schedule(timeoutMs, () => {
        reject(deadlineError(this.#timeoutMs, effect, progress, this.#lastError));
      });
      attempt().then(
        (value) => {
          timer.cancel();
          resolve(value);
        },
        (error: unknown) => {
          timer.cancel();
          const failure = toRevoError(error, effect, progress);
          if (asksForReconnect(failure)) this.#reconnect();
          reject(failure);
        },
      );
    });
  }

  close(): void {
    this.#isClosed = true;
    this.client.disconnect();
  }

  /** Resolves when there is a connection; rejects when there will be none: the storage was closed, or the server lets nobody in. */
  async #ready(): Promise<void> {
    const { client } = this;
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
        const { code } = toRevoError(error, "reads", "not-sent");
        if (code === "REVO_STORAGE_FORBIDDEN") settle(() => reject(error));
      };
      client.on("ready", onReady);
      client.on("end", onEnd);
      client.on("error", onError);
    });
  }

  async #evaluate<TReply>(script: Script<TReply>, key: string, values: Values): Promise<TReply> {
    const rest = values as (string | number)[];
    try {
      return (await this.client.evalsha(script.sha, 1, key, ...rest)) as TReply;
    } catch (error) {
      // Nothing ran: the text brings the script back, for this call and all that follow.
      if (!isUnknownScript(error)) throw error;
      return (await this.client.eval(script.text, 1, key, ...rest)) as TReply;
    }
  }

  #anyMaster(): Redis {
    const { client } = this;
    const node = isCluster(client) ? client.nodes("master")[0] : client;
    if (node === undefined) throw new Error("the cluster has no master");
    return node;
  }

  /** The name may lead to another server by now. */
  #reconnect(): void {
    if (!isCluster(this.client)) this.client.disconnect(true);
  }
}

/** ioredis refuses at once what it cannot write. */
function isUnsent(error: unknown): boolean {
  return error instanceof Error && /isn't writeable|isn't ready/.test(error.message);
}

function closedError(): RevoError {
  return new RevoError("REVO_CLOSED", "The Redis storage was closed meanwhile; nothing was done");
}
