import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A process that looks after something that must not outlive ours. */
export interface Keeper {
  /** Rejects when what is kept ended without having been asked to. */
  readonly ended: Promise<never>;
  /** Ends what is kept, and waits for it. */
  readonly stop: () => Promise<void>;
}

/** What a keeper tells: what it kept has ended by itself. */
export interface KeptEnded {
  /** For people: what ended, how, and the end of its output. */
  readonly reason: string;
}

/**
 * Starts one of the keepers and tells it what to keep. It notices the end of this process by the channel between the two, which the
 * system closes even after a SIGKILL.
 */
export function startKeeper(script: "server-keeper" | "container-keeper", kept: object): Keeper {
  // Beside this file, be it built or source.
  const file = fileURLToPath(import.meta.url).replace(/keeper(\.\w+)$/, `${script}$1`);
  const keeper = fork(file, {
    // A group of its own: Ctrl-C in a terminal is for the tests, which still need their server then.
    detached: true,
    // This process may run with a loader of its own, as that of a test runner.
    execArgv: [],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ended = new Promise<never>((_, reject) => {
    keeper.once("message", (message) => reject(new Error((message as KeptEnded).reason)));
    keeper.once("error", reject);
    keeper.once("exit", () => reject(new Error("the process that kept it ended")));
  });
  // Once nobody waits for the start any more, the next connection tells.
  ended.catch(() => {});
  keeper.send(kept);
  // A script that is done may end although its server still runs.
  keeper.unref();
  keeper.channel?.unref();
  return { ended, stop: () => stop(keeper) };
}

async function stop(keeper: ChildProcess): Promise<void> {
  if (keeper.exitCode !== null || keeper.signalCode !== null) return;
  keeper.ref();
  const exit = new Promise((resolve) => keeper.once("exit", resolve));
  if (keeper.connected) keeper.disconnect();
  await exit;
}
