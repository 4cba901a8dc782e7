// Run by keeper.ts as a process of its own: starts a server program, and ends it when its starter is gone.
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { KeeperOrder, KeeperReport } from "./keeper.ts";
import type { ServerCommand } from "./server-recipe.ts";
import type { UnprivilegedUser } from "./unprivileged-user.ts";

/** What this keeper is told, once. */
export interface KeptServer {
  /** The commands' working folder. Removed at the end, with all that is in it. */
  readonly folder: string;
  /** Run one after the other; the last one is the server. */
  readonly commands: readonly ServerCommand[];
  readonly stopSignal: NodeJS.Signals;
  /** Absent: the user of this process. */
  readonly user?: UnprivilegedUser;
}

/** How long a server may take to end before it is killed, in milliseconds. */
const patienceMs = 5_000;

let server: KeptServer | undefined;
let running: RunningCommand | undefined;
/** Whether an end of the server is what somebody asked for. */
let isEnding = false;

process.on("message", (message) => void obey(message as KeeperOrder<KeptServer>));
process.once("disconnect", () => void stop());
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => void stop());
}

async function obey(order: KeeperOrder<KeptServer>): Promise<void> {
  switch (order.kind) {
    case "keep":
      server = order.kept;
      void run(server, server.commands);
      break;
    case "crash":
      await endServer();
      tell({ kind: "done" });
      break;
    case "restart":
      if (server === undefined) break;
      isEnding = false;
      void run(server, server.commands.slice(-1));
      tell({ kind: "done" });
      break;
  }
}

async function run(
  { folder, user }: KeptServer,
  commands: readonly ServerCommand[],
): Promise<void> {
  for (const command of commands) {
    running = start(command, folder, user);
    const how = await running.end;
    if (isEnding) return;
    if (how === "exit code 0" && command !== commands.at(-1)) continue;
    const reason = `${command.program} ended with ${how}: ${lastLines(folder)}`;
    tell({ kind: "ended", reason });
    return;
  }
}

interface RunningCommand {
  readonly child: ChildProcess;
  /** How it ended: `exit code 0`. */
  readonly end: Promise<string>;
}

function start(
  command: ServerCommand,
  folder: string,
  user: UnprivilegedUser | undefined,
): RunningCommand {
  const log = openSync(join(folder, "server.log"), "a");
  const child = spawn(command.program, command.arguments, {
    cwd: folder,
    // Nothing else of the caller's environment: PGHOST and its like would change what is started.
    env: { PATH: process.env["PATH"], LC_ALL: "C", SystemRoot: process.env["SystemRoot"] },
    stdio: ["ignore", log, log],
    ...user,
  });
  closeSync(log);
  const end = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  return { child, end };
}

async function endServer(): Promise<void> {
  isEnding = true;
  if (server === undefined || running === undefined) return;
  const { child, end } = running;
  child.kill(server.stopSignal);
  const impatience = setTimeout(() => child.kill("SIGKILL"), patienceMs);
  await end;
  clearTimeout(impatience);
}

async function stop(): Promise<void> {
  await endServer();
  if (server !== undefined) rmSync(server.folder, { recursive: true, force: true, maxRetries: 5 });
  process.exit();
}

function lastLines(folder: string): string {
  return readFileSync(join(folder, "server.log"), "utf8").trim().split("\n").slice(-5).join("\n");
}

function tell(message: KeeperReport): void {
  if (process.connected) process.send?.(message);
}
