import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A process that looks after something that must not outlive ours. */
export interface Keeper {
  /** Rejects when what is kept ended without having been asked to. */
  readonly ended: Promise<never>;
  /** Ends what is kept as a crash would. */
  readonly crash: () => Promise<void>;
  /** Starts it again after a crash; it may not be ready yet. */
  readonly restart: () => Promise<void>;
  /** Ends what is kept for good, and waits for it. */
  readonly stop: () => Promise<void>;
}

/** What a keeper is told. */
export type KeeperOrder<Kept> =
  | { readonly kind: "keep"; readonly kept: Kept }
  | { readonly kind: "crash" }
  | { readonly kind: "restart" };

/** What a keeper tells. */
export type KeeperReport =
  /** The last order was carried out. */
  | { readonly kind: "done" }
  /** What it kept ended by itself. For people: what, how, and the end of its output. */
  | { readonly kind: "ended"; readonly reason: string };

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
    keeper.on("message", (message) => {
      const report = message as KeeperReport;
      if (report.kind === "ended") reject(new Error(report.reason));
    });
    keeper.once("error", reject);
    keeper.once("exit", () => reject(new Error("the process that kept it ended")));
  });
  // Once nobody waits for the start any more, the next connection tells.
  ended.catch(() => {});
  keeper.send({ kind: "keep", kept } satisfies KeeperOrder<object>);
  // A script that is done may end although its server still runs.
  keeper.unref();
  keeper.channel?.unref();
  return {
    ended,
    crash: () => order(keeper, "crash"),
    restart: () => order(keeper, "restart"),
    stop: () => stop(keeper),
  };
}

async function order(keeper: ChildProcess, kind: "crash" | "restart"): Promise<void> {
  keeper.ref();
  keeper.channel?.ref();
  const done = new Promise<void>((resolve, reject) => {
    const onExit = (): void => reject(new Error("the process that kept it ended"));
    keeper.once("exit", onExit);
    const onMessage = (message: unknown): void => {
      if ((message as KeeperReport).kind !== "done") return;
      keeper.off("message", onMessage).off("exit", onExit);
      resolve();
    };
    keeper.on("message", onMessage);
  });
  keeper.send({ kind } satisfies KeeperOrder<never>);
  await done;
  keeper.unref();
  keeper.channel?.unref();
}

async function stop(keeper: ChildProcess): Promise<void> {
  if (keeper.exitCode !== null || keeper.signalCode !== null) return;
  keeper.ref();
  const exit = new Promise((resolve) => keeper.once("exit", resolve));
  if (keeper.connected) keeper.disconnect();
  await exit;
}
