import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { PROFILES } from "./processor-profile.ts";
import type { Answer, Order, SystemCommands } from "./system-commands.ts";
import type { Connection } from "../systems/bench-system.ts";

/** How long a process may take to close what it has open before it is killed, in milliseconds. */
const PATIENCE_MS = 5_000;

/** A system in a process of its own. */
export class RemoteSystem implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #lastId = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on("message", (message) => this.#settle(message as Answer));
    child.on("exit", (code, signal) => {
      const error = new Error(`The process ended with ${signal ?? `code ${code}`}`);
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    });
  }

  static async open(
    system: string,
    connection: Connection,
    profiles: string | null,
  ): Promise<RemoteSystem> {
    const child = fork(join(import.meta.dirname, "system-process.ts"), [], {
      env: {
        ...process.env,
        NODE_ENV: "production",
        // Said once for each job by graphile-worker.
        NO_LOG_SUCCESS: "1",
        ...(profiles === null ? {} : { [PROFILES]: profiles }),
      },
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    const remote = new RemoteSystem(child);
    try {
      await remote.call("open", { system, connection });
    } catch (error) {
      remote.kill();
      throw error;
    }
    return remote;
  }

  async call<Name extends keyof SystemCommands>(
    command: Name,
    ...input: Parameters<SystemCommands[Name]>
  ): Promise<Awaited<ReturnType<SystemCommands[Name]>>> {
    const id = ++this.#lastId;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    this.#child.send({ id, command, input: input[0] } satisfies Order, (error) => {
      if (error !== null) waiting.reject(error);
    });
    return (await waiting.promise) as Awaited<ReturnType<SystemCommands[Name]>>;
  }

  /** Ends the process at once, as a crash would. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** Closes the system, then the process; one that does not end is killed. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const impatience = setTimeout(() => this.kill(), PATIENCE_MS);
    const exit = once(this.#child, "exit");
    await this.call("close").catch(() => {});
    if (this.#child.connected) this.#child.disconnect();
    await exit;
    clearTimeout(impatience);
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.ok) waiting?.resolve(answer.output);
    else waiting?.reject(new Error(answer.error));
  }
}
