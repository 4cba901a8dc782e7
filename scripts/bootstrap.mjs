// Makes a fresh checkout ready to work: Node 24, pnpm, the dependencies, the build.
// Plain JavaScript without dependencies, because it has to run on Node 20 before anything is there.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** The Node that the tool chain runs on where the machine has an older one. */
const toolchainNode = "24.21.0";
/** The lowest Node that this script and the published packages run on. */
const lowestNode = [20, 19];

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const toolsFolder = join(root, ".cache", "tools");

/**
 * Brings the checkout up to date, step by step; what is up to date already is skipped.
 *
 * @param {{ build?: readonly string[] }} [options] `build`: the TypeScript projects to build; all by default.
 * @returns {Promise<{ node: string; env: NodeJS.ProcessEnv }>} Node 24, and an environment whose PATH
 *   has it, pnpm and the workspace's tools first.
 */
export async function prepare({ build = ["."] } = {}) {
  const startedAt = Date.now();
  refuseOldNode();
  const env = cleanEnvironment();
  const pnpmVersion = readPackage(root).packageManager.replace("pnpm@", "");

  // Started from a shell that has the fetched tools on PATH, this very Node is the fetched one.
  const isFetched = relative(toolsFolder, process.execPath).split(sep)[0] !== "..";
  const needsNode = isFetched || !runsTypeScript(process.versions.node);
  const didFetch = fetchTools({ pnpmVersion, needsNode, env });
  env.PATH = [
    join(root, "node_modules", ".bin"),
    join(toolsFolder, "node_modules", ".bin"),
    ...(needsNode ? [] : [dirname(process.execPath)]),
    process.env.PATH ?? "",
  ].join(delimiter);
  const node = needsNode ? fetchedNode() : process.execPath;

  const didInstall = installDependencies({ pnpmVersion, node, env });
  const didBuild = await buildProjects({ build, node, env });
  const quiet = !didFetch && !didInstall && !didBuild;
  say(`${quiet ? "Tools, dependencies and build are up to date" : "Ready"} (${since(startedAt)})`);
  return { node, env };
}

/**
 * Runs a program in the foreground until it ends, passes signals on, and ends this process with its exit code.
 *
 * @param {string} program
 * @param {readonly string[]} programArguments
 * @param {import("node:child_process").SpawnOptions} options
 * @returns {Promise<never>}
 */
export async function runAndExit(program, programArguments, options) {
  const child = spawn(program, programArguments, { stdio: "inherit", ...options });
  let isStopping = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      isStopping = true;
      // A terminal sends Ctrl-C to the whole group. Passed on as well, it would count as the second
      // one, which tells a job server to stop at once.
      if (signal !== "SIGINT" || !isAtTerminal()) child.kill(signal);
    });
  }
  // npm tells a signal only to the shell between it and this process, and that shell just dies of it.
  const shell = process.ppid;
  const watch = () => {
    if (isStopping || process.ppid === shell) return;
    isStopping = true;
    child.kill("SIGTERM");
  };
  if (process.env.npm_lifecycle_event !== undefined) setInterval(watch, 200).unref();
  const code = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (exitCode, signal) =>
      resolve(signal === null ? exitCode : 128 + constants.signals[signal]),
    );
  });
  process.exit(code);
}

/** Also when the input is piped in, or the output written away. */
function isAtTerminal() {
  return [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
}

function refuseOldNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > lowestNode[0] || (major === lowestNode[0] && minor >= lowestNode[1])) return;
  console.error(
    `Revo Jobs needs Node ${lowestNode.join(".")} or newer to set itself up; this is ${process.versions.node}.`,
  );
  process.exit(1);
}

/** Whether this Node runs TypeScript files as they are, and the test runner with them. */
function runsTypeScript(version) {
  const [major, minor] = version.split(".").map(Number);
  return (major === 22 && minor >= 18) || major === 24 || major >= 26;
}

/** npm tells its scripts about itself in variables that would mislead the npm and pnpm started here. */
function cleanEnvironment() {
  const env = { ...process.env };
  for (const name of Object.keys(env)) {
    if (
      /^npm_(package|lifecycle|command|node|execpath)|^npm_config_(local_prefix|npm_version|global_prefix|noproxy|prefix)/i.test(
        name,
      )
    ) {
      delete env[name];
    }
  }
  return env;
}

function fetchTools({ pnpmVersion, needsNode, env }) {
  const nodePackage = nodePackageName();
  const dependencies = {
    pnpm: pnpmVersion,
    ...(needsNode ? { [nodePackage]: toolchainNode } : {}),
  };
  const stamp = join(toolsFolder, "ready.json");
  const wanted = JSON.stringify(dependencies);
  if (readText(stamp) === wanted && (!needsNode || fetchedNode() !== undefined)) return false;

  const startedAt = Date.now();
  const names = [...(needsNode ? [`Node ${toolchainNode}`] : []), `pnpm ${pnpmVersion}`].join(
    " and ",
  );
  say(`Fetching ${names} from the package registry, into .cache/tools …`);
  rmSync(toolsFolder, { recursive: true, force: true });
  mkdirSync(toolsFolder, { recursive: true });
  writeFileSync(
    join(toolsFolder, "package.json"),
    JSON.stringify({ private: true, dependencies, allowScripts: { node: true, pnpm: true } }),
  );
  runOrExplain(
    "npm",
    ["install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"],
    {
      cwd: toolsFolder,
      env,
      shell: process.platform === "win32",
    },
  );
  writeFileSync(stamp, wanted);
  say(`  fetched (${since(startedAt)})`);
  return true;
}

/** The package with the bare executable, where there is one; else `node`, whose install script finds it. */
function nodePackageName() {
  const target = `${process.platform}-${process.arch}`.replace("win32", "win");
  return ["linux-x64", "linux-arm64", "win-x64"].includes(target) ? `node-${target}` : "node";
}

function fetchedNode() {
  const name = process.platform === "win32" ? "node.exe" : "node";
  const file = join(toolsFolder, "node_modules", nodePackageName(), "bin", name);
  return existsSync(file) ? file : undefined;
}

function installDependencies({ pnpmVersion, node, env }) {
  const stamp = join(root, "node_modules", ".revo-ready");
  const wanted = fingerprint(pnpmVersion, node);
  if (readText(stamp) === wanted) return false;

  const startedAt = Date.now();
  say("Installing the dependencies as locked in pnpm-lock.yaml …");
  runOrExplain(
    "pnpm",
    ["install", "--frozen-lockfile", "--prefer-offline", "--reporter=append-only"],
    {
      cwd: root,
      // Without a terminal pnpm would ask, get no answer, and give up.
      env: { ...env, CI: "true" },
      shell: process.platform === "win32",
    },
  );
  writeFileSync(stamp, wanted);
  say(`  installed (${since(startedAt)})`);
  return true;
}

/** Changes whenever an install could have something to do: a manifest, the lock file, the place, the tools. */
function fingerprint(pnpmVersion, node) {
  const hash = createHash("sha256").update(`${root}\n${pnpmVersion}\n${node}\n`);
  for (const name of ["pnpm-lock.yaml", "pnpm-workspace.yaml"])
    hash.update(readText(join(root, name)) ?? "");
  for (const manifest of manifests(root)) hash.update(readText(manifest) ?? "");
  return hash.digest("hex");
}

function manifests(folder, depth = 0) {
  const found = existsSync(join(folder, "package.json")) ? [join(folder, "package.json")] : [];
  if (depth === 2) return found;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name === "node_modules" || entry.name.startsWith("."))
      continue;
    found.push(...manifests(join(folder, entry.name), depth + 1));
  }
  return found;
}

async function buildProjects({ build, node, env }) {
  if (build.length === 0) return false;
  const startedAt = Date.now();
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const before = newestBuild();
  const result = spawnSync(node, [compiler, "-b", ...build], { cwd: root, env, encoding: "utf8" });
  if (result.status !== 0) {
    console.error(`The build failed:\n${result.stdout ?? ""}${result.stderr ?? result.error}`);
    process.exit(1);
  }
  const didBuild = newestBuild() !== before;
  if (didBuild) say(`Built ${build.join(", ")} (${since(startedAt)})`);
  return didBuild;
}

function newestBuild() {
  return manifests(root)
    .map((manifest) => readText(join(dirname(manifest), "dist", ".tsbuildinfo")) ?? "")
    .reduce((hash, text) => hash.update(text), createHash("sha256"))
    .digest("hex");
}

function runOrExplain(program, programArguments, options) {
  const result = spawnSync(program, programArguments, { ...options, encoding: "utf8" });
  if (result.status === 0) return;
  console.error(`${result.stdout ?? ""}${result.stderr ?? ""}${result.error?.message ?? ""}`);
  console.error(
    `\`${program} ${programArguments[0]}\` failed, see above. Is the package registry reachable? Run the same command again when it is.`,
  );
  process.exit(1);
}

function readPackage(folder) {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

function readText(file) {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

function say(text) {
  console.log(text);
}

function since(startedAt) {
  return `${((Date.now() - startedAt) / 1000).toFixed(1)} s`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await prepare();
