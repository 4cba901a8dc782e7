// Checks and runs every TypeScript block of README.md, docs/ and the packages' READMEs, each in a Node of
// its own: what the documentation shows works. See checks/markdown.ts for how a block is marked, and
// checks/sample-servers.ts for those that need a database.
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { samplesOf, type Sample } from "./checks/markdown.ts";
import { placeFor, variablesOf } from "./checks/sample-servers.ts";
import { runAlone, Tally } from "./checks/tally.ts";
import { execute, filesBelow, publishedPackages, root, tool } from "./checks/workspace.ts";

const folder = join(root, ".cache", "samples");
const timeoutMs = 30_000;

interface SampleFile extends Sample {
  /** Where a reader finds it: `README.md:12`. */
  readonly place: string;
  /** The file it was written to. */
  readonly file: string;
}

export async function runSamples(): Promise<Tally> {
  const tally = new Tally();
  const samples = writeSamples();
  const checked = samples.filter(({ kind }) => kind !== "no-check");
  for (const { place, kind } of samples) {
    if (kind === "no-check") tally.skip(place, "marked as a fragment");
  }
  if (checked.length === 0) {
    tally.fail("There is no sample in README.md, docs/ or the packages' READMEs");
    return tally;
  }

  const compiler = await execute(process.execPath, [tool("typescript/bin/tsc"), "-p", folder]);
  for (const { place, file } of checked) {
    tally.expect(`${place} compiles`, errorsOf(file, compiler.output));
  }
  if (compiler.code !== 0 && tally.failed === 0) tally.fail("tsc", compiler.output);

  const toRun = checked.filter(({ kind }) => kind === "run");
  // Two at a time: one for each core.
  const waiting = toRun.filter(({ code }) => variablesOf(code).length === 0);
  const runner = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      tally.expect(`${next.place} runs`, await problemsOfRun(next));
    }
  };
  await Promise.all([runner(), runner()]);
  await runOnServers(toRun, tally);
  tally.note(`${checked.length} samples compiled, ${toRun.length} of them to be run`);
  return tally;
}

/** One after the other: job servers of two samples on one storage would take each other's jobs. */
async function runOnServers(samples: readonly SampleFile[], tally: Tally): Promise<void> {
  for (const variable of new Set(samples.flatMap(({ code }) => variablesOf(code)))) {
    const place = await placeFor(variable);
    for (const sample of samples.filter(({ code }) => variablesOf(code)[0] === variable)) {
      const name = `${sample.place} runs`;
      if (place.kind === "found") {
        tally.expect(name, await problemsOfRun(sample, { [variable]: place.url }));
      } else if (process.env["CI"] === "true") tally.fail(name, place.reason);
      else tally.skip(name, place.reason);
    }
    if (place.kind === "found") await place.remove();
  }
}

function writeSamples(): readonly SampleFile[] {
  rmSync(folder, { recursive: true, force: true });
  for (const { manifest, folder: target } of publishedPackages()) {
    const link = join(folder, "node_modules", manifest.name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(target, link, "junction");
    const needed = { ...manifest.peerDependencies, ...manifest.devDependencies };
    for (const name of Object.keys(needed).filter((one) => !one.startsWith("@revojs/"))) {
      linkOnce(join(target, "node_modules", name), join(folder, "node_modules", name));
    }
  }
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(compilerOptions));
  return documents().flatMap((document) =>
    samplesOf(readFileSync(join(root, document), "utf8")).map((sample) => {
      const place = `${document}:${sample.line}`;
      const file = `${document.replace(/\W+/g, "-")}-${sample.line}.ts`;
      // Pushed down to the line it has in the document, so that an error names the place to mend.
      const text = `${"\n".repeat(sample.line - 1)}${sample.code}\n`;
      if (sample.kind !== "no-check") writeFileSync(join(folder, file), text);
      return { ...sample, place, file };
    }),
  );
}

/** Drivers, and the libraries that a storage can share a transaction with, in the version that the package is tested with. */
function linkOnce(target: string, link: string): void {
  if (existsSync(link) || !existsSync(target)) return;
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(target, link, "junction");
}

const compilerOptions = {
  extends: "../../tsconfig.base.json",
  compilerOptions: {
    lib: ["ESNext"],
    noEmit: true,
    composite: false,
    incremental: false,
    declaration: false,
    declarationMap: false,
    isolatedDeclarations: false,
    // A sample may show a name that it does not go on to use.
    noUnusedLocals: false,
    noUnusedParameters: false,
  },
  include: ["*.ts"],
};

function documents(): readonly string[] {
  return [
    ...filesBelow(root, (file) => isMarkdown(file) && !file.includes("/")),
    ...filesBelow(join(root, "docs"), isMarkdown).map((file) => `docs/${file}`),
    ...publishedPackages().flatMap(({ path, folder: below }) =>
      filesBelow(below, (file) => file === "README.md").map((file) => `${path}/${file}`),
    ),
  ];
}

function isMarkdown(file: string): boolean {
  return file.endsWith(".md");
}

function errorsOf(file: string, output: string): readonly string[] {
  const lines = output.split("\n");
  return lines.filter((line) => line.includes(`${file}(`)).map((line) => line.trim());
}

async function problemsOfRun(
  { file, output }: SampleFile,
  environment: NodeJS.ProcessEnv = {},
): Promise<readonly string[]> {
  const scratch = join(folder, "runs", file.replace(".ts", ""));
  mkdirSync(scratch, { recursive: true });
  const run = await execute(process.execPath, [join(folder, file)], {
    cwd: scratch,
    timeoutMs,
    env: { ...process.env, ...environment },
  });
  if (run.code !== 0) return [`exit code ${run.code}`, run.output.trimEnd()];
  if (output === undefined || run.stdout.trim() === output.trim()) return [];
  return ["printed:", run.stdout.trimEnd(), "instead of:", output.trimEnd()];
}

if (import.meta.main) await runAlone(runSamples);
