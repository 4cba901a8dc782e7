// Packs each published package and looks at the tarball as its users will: publint, attw, the list of
// files, and every export imported and required on the lowest and on the current Node.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
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
      const run = await execute(node, ["load-every-export.mjs"], { cwd: project });
      const loaded = run.stdout.split("\n").filter((line) => line.startsWith("ok "));
      const version = /^node (\S+)$/m.exec(run.stdout)?.[1] ?? "unknown";
      tally.pass(loaded.length);
      if (run.code !== 0 || loaded.length === 0) tally.fail(`on Node ${version}`, run.output);
      else tally.note(`${loaded.length} entry points imported and required on Node ${version}`);
    }
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
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
  writeFileSync(join(project, "load-every-export.mjs"), loader(packed.flatMap(entryPoints)));
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

function loader(specifiers: readonly string[]): string {
  return `import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
console.log("node " + process.versions.node);
for (const specifier of ${JSON.stringify(specifiers)}) {
  if (specifier.endsWith("/package.json")) {
    if (require(specifier).type !== "module") throw new Error(specifier);
    continue;
  }
  const imported = Object.keys(await import(specifier)).sort().join();
  const required = Object.keys(require(specifier)).filter((name) => name !== "__esModule").sort().join();
  if (imported === "") throw new Error(specifier + " exports nothing");
  if (imported !== required) throw new Error(specifier + ": import and require differ:\\n" + imported + "\\n" + required);
  console.log("ok " + specifier + ": " + imported);
}
`;
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
