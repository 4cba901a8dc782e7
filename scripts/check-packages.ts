// Packs each published package and looks at the tarball as its users will: publint, attw, the list of
// files, and every export imported and required on the lowest and on the current Node.
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { compareGenerated } from "./checks/generated.ts";
import { runAlone, Tally } from "./checks/tally.ts";
import {
  execute,
  publishedPackages,
  root,
  tool,
  type WorkspacePackage,
} from "./checks/workspace.ts";

/** The Node that stands for the lowest one that `engines` allows. */
const lowestNode = "20.20.2";
const tarballs = join(root, ".cache", "tarballs");

interface Packed extends WorkspacePackage {
  readonly tarball: string;
}

export async function checkPackages(write = false): Promise<Tally> {
  const tally = new Tally();
  rmSync(tarballs, { recursive: true, force: true });
  mkdirSync(tarballs, { recursive: true });
  const packed: Packed[] = [];
  const published = publishedPackages();
  for (const one of published) {
    const tarball = await pack(one, tally);
    if (tarball !== undefined) packed.push({ ...one, tarball });
  }
  await Promise.all(packed.map((one) => checkTarball(one, tally, write)));
  if (packed.length === published.length) await checkInstalled(packed, tally);
  return tally;
}

async function pack({ folder, path }: WorkspacePackage, tally: Tally): Promise<string | undefined> {
  const run = await execute("pnpm", ["pack", "--json", "--pack-destination", tarballs], {
    cwd: folder,
  });
  if (run.code !== 0) {
    tally.fail(`pnpm pack in ${path}`, run.output);
    return undefined;
  }
  return (JSON.parse(run.stdout) as { readonly filename: string }).filename;
}

async function checkTarball(one: Packed, tally: Tally, write: boolean): Promise<void> {
  const { manifest, tarball } = one;
  const [publint, attw, list] = await Promise.all([
    execute(process.execPath, [tool("publint/src/cli.js"), "run", tarball, "--strict"]),
    execute(process.execPath, [
      tool("@arethetypeswrong/cli/dist/index.js"),
      tarball,
      "--profile=esm-only",
      "--format=ascii",
      "--no-definitely-typed",
      "--no-emoji",
    ]),
    execute("tar", ["-tzf", tarball]),
  ]);
  tally.expect(`publint ${manifest.name}`, publint.code === 0 ? [] : [publint.output]);
  tally.expect(`attw ${manifest.name}`, attw.code === 0 ? [] : [attw.output]);
  compareGenerated(tally, {
    file: `docs/api/${manifest.name.replace("@revojs/", "")}.files.txt`,
    text: fileList(list.stdout),
    write,
    command: "pnpm packages --write",
  });
}

/** The files of a tarball, one a line; the outputs of one source file share a line. */
export function fileList(listing: string): string {
  const files = listing
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.replace(/^package\//, ""));
  const endings = new Map<string, string[]>();
  for (const file of files) {
    const [, stem = file, ending = ""] =
      /^(dist\/.*?)(\.d\.ts|\.js|\.d\.ts\.map|\.js\.map)$/.exec(file) ?? [];
    endings.set(stem, [...(endings.get(stem) ?? []), ending]);
  }
  const lines = [...endings].map(([stem, list]) =>
    list.length === 1 ? `${stem}${list[0]}` : `${stem}{${list.toSorted().join(",")}}`,
  );
  return `${lines.toSorted().join("\n")}\n`;
}

/** Installs the tarballs, and nothing of the workspace, in an empty project and loads every export there. */
async function checkInstalled(packed: readonly Packed[], tally: Tally): Promise<void> {
  const project = mkdtempSync(join(tmpdir(), "revo packages "));
  try {
    await writeProject(project, packed);
    const install = await execute(
      "pnpm",
      ["install", "--prefer-offline", "--ignore-scripts", "--reporter=append-only"],
      { cwd: project },
    );
    if (install.code !== 0) {
      tally.fail("installing the tarballs", install.output);
      return;
    }
    const node20 = await findNode20(tally);
    for (const node of [...(node20 === undefined ? [] : [node20]), process.execPath]) {
      await runIn(project, node, packed.flatMap(entryPoints), tally);
    }
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

async function runIn(
  project: string,
  node: string,
  specifiers: readonly string[],
  tally: Tally,
): Promise<void> {
  const { stdout } = await execute(node, ["--version"]);
  const version = stdout.trim();
  const loading = await execute(node, ["load-every-export.mjs", ...specifiers], { cwd: project });
  const loaded = loading.stdout.split("\n").filter((line) => line.startsWith("ok ")).length;
  tally.pass(loaded);
  if (loading.code !== 0 || loaded === 0) tally.fail(`exports on Node ${version}`, loading.output);
  const running = await execute(node, ["run-a-job.mjs"], { cwd: project, timeoutMs: 30_000 });
  const ran = running.code === 0 && running.stdout.includes("ok a job ran");
  tally.expect(`a job on Node ${version}`, ran ? [] : [running.output]);
  tally.note(`${loaded} entry points imported and required, and a job run, on Node ${version}`);
}

async function writeProject(project: string, packed: readonly Packed[]): Promise<void> {
  const dependencies = Object.fromEntries(
    packed.map(({ manifest, tarball }) => [manifest.name, `file:${tarball}`]),
  );
  const vitest = await packStandIn(project);
  writeFileSync(
    join(project, "package.json"),
    JSON.stringify({ private: true, dependencies: { ...dependencies, vitest: `file:${vitest}` } }),
  );
  writeFileSync(join(project, "pnpm-workspace.yaml"), "strictPeerDependencies: true\n");
  for (const script of ["load-every-export.mjs", "run-a-job.mjs"]) {
    copyFileSync(join(root, "scripts", "packed", script), join(project, script));
  }
}

/** vitest can only be loaded inside its own runner; with a stand-in one sees that our side loads. */
async function packStandIn(project: string): Promise<string> {
  const folder = join(project, "stand-in", "package");
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name: "vitest", version: "5.0.0", type: "module", exports: "./index.js" }),
  );
  const names = [
    "describe",
    "test",
    "it",
    "expect",
    "beforeAll",
    "afterAll",
    "beforeEach",
    "afterEach",
  ];
  writeFileSync(
    join(folder, "index.js"),
    names
      .map((name) => `export const ${name} = Object.assign(() => {}, { skip() {} });\n`)
      .join(""),
  );
  const tarball = join(project, "stand-in.tgz");
  await execute("tar", ["-czf", tarball, "-C", join(project, "stand-in"), "package"]);
  return tarball;
}

function entryPoints({ manifest }: Packed): readonly string[] {
  return Object.keys(manifest.exports ?? {}).map((path) => `${manifest.name}${path.slice(1)}`);
}

/** A Node 20 of the machine's own, or the npm package with its executable. */
async function findNode20(tally: Tally): Promise<string | undefined> {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const name = process.platform === "win32" ? "node.exe" : "node";
  for (const candidate of folders.map((folder) => join(folder, name))) {
    if (!existsSync(candidate)) continue;
    const { stdout } = await execute(candidate, ["--version"]);
    const [major = 0, minor = 0] = stdout.slice(1).split(".").map(Number);
    if (major === 20 && minor >= 19) return candidate;
  }
  const folder = join(root, ".cache", `node-${lowestNode}`);
  const target = `${process.platform}-${process.arch}`.replace("win32", "win");
  const wanted = `node-${target}`;
  const executable = join(folder, "node_modules", wanted, "bin", name);
  if (existsSync(executable)) return executable;
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ private: true, dependencies: { [wanted]: lowestNode } }),
  );
  const install = await execute(
    "npm",
    ["install", "--no-audit", "--no-fund", "--no-package-lock"],
    {
      cwd: folder,
    },
  );
  if (install.code === 0 && existsSync(executable)) return executable;
  tally.fail(`fetching Node ${lowestNode} as the package ${wanted}`, install.output);
  return undefined;
}

if (import.meta.main) await runAlone(() => checkPackages(process.argv.includes("--write")));
