import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";

export const root: string = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export interface WorkspacePackage {
  readonly folder: string;
  /** Relative to the root, with forward slashes: `packages/core`. */
  readonly path: string;
  readonly manifest: Manifest;
}

/** Every package of the workspace, read from the folders that pnpm-workspace.yaml lists. */
export function workspacePackages(): readonly WorkspacePackage[] {
  const below = (parent: string): string[] =>
    existsSync(join(root, parent))
      ? readdirSync(join(root, parent)).map((name) => `${parent}/${name}`)
      : [];
  const paths = readFileSync(join(root, "pnpm-workspace.yaml"), "utf8")
    .split(/^catalog/m)[0]!
    .split("\n")
    .flatMap((line) => /^ {2}- (\S+)$/.exec(line)?.[1] ?? [])
    .flatMap((pattern) => (pattern.endsWith("/*") ? below(pattern.slice(0, -2)) : [pattern]));
  return paths
    .filter((path) => existsSync(join(root, path, "package.json")))
    .map((path) => ({
      path,
      folder: join(root, path),
      manifest: readJson(join(root, path, "package.json")) as Manifest,
    }));
}

export function publishedPackages(): readonly WorkspacePackage[] {
  return workspacePackages().filter(({ manifest }) => manifest.private !== true);
}

export function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, "utf8"));
}

/** Every file below a folder, relative to it, with forward slashes, sorted. */
export function filesBelow(
  folder: string,
  isWanted: (path: string) => boolean = () => true,
): readonly string[] {
  if (!existsSync(folder)) return [];
  const found: string[] = [];
  const visit = (path: string): void => {
    for (const entry of readdirSync(join(folder, path), { withFileTypes: true })) {
      const child = path === "" ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!ignoredFolders.has(entry.name)) visit(child);
      } else if (isWanted(child)) found.push(child);
    }
  };
  visit("");
  return found.toSorted();
}

const ignoredFolders = new Set(["node_modules", ".git", ".cache", ".turbo"]);

export interface Execution {
  readonly code: number;
  readonly stdout: string;
  /** Standard output, then standard error. */
  readonly output: string;
}

export interface ExecuteOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** After this many milliseconds the program is ended and counts as failed. */
  readonly timeoutMs?: number;
}

/** Runs a program to its end and keeps what it printed. A program that can't be started has code 127. */
export async function execute(
  program: string,
  programArguments: readonly string[],
  options: ExecuteOptions = {},
): Promise<Execution> {
  const child = spawn(program, programArguments, {
    cwd: options.cwd ?? root,
    env: withoutColour(options.env ?? process.env),
    stdio: ["ignore", "pipe", "pipe"],
    ...(options.timeoutMs === undefined
      ? {}
      : { timeout: options.timeoutMs, killSignal: "SIGKILL" as const }),
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const code = await new Promise<number>((resolve) => {
    child.once("error", (error) => {
      stderr += `${program}: ${error.message}\n`;
      resolve(127);
    });
    child.once("close", (exitCode, signal) => {
      if (signal !== null) stderr += `ended by ${signal}\n`;
      resolve(exitCode ?? 1);
    });
  });
  // Some tools colour what they print whatever they are told.
  const output = stripVTControlCharacters(`${stdout}${stderr}`);
  return { code, stdout: stripVTControlCharacters(stdout), output };
}

function withoutColour(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _, ...rest } = env;
  return { ...rest, NO_COLOR: "1" };
}

/** The script behind a tool of the root's node_modules, to be run by this Node on every platform. */
export function tool(path: string): string {
  return join(root, "node_modules", path);
}
