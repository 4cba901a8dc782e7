// Checks and runs every TypeScript block of README.md, docs/ and the packages' READMEs, each in a Node of
// its own: what the documentation shows works. See checks/markdown.ts for how a block is marked.
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { samplesOf, type Sample } from "./checks/markdown.ts";
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

  // Two at a time: one for each core.
  const waiting = checked.filter(({ kind }) => kind === "run");
  const runner = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      tally.expect(`${next.place} runs`, await problemsOfRun(next));
    }
  };
  const count = waiting.length;
  await Promise.all([runner(), runner()]);
  tally.note(`${checked.length} samples compiled, ${count} of them run`);
  return tally;
}

function writeSamples(): readonly SampleFile[] {
  rmSync(folder, { recursive: true, force: true });
  for (const { manifest, folder: target } of publishedPackages()) {
    const link = join(folder, "node_modules", manifest.name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(target, link, "junction");
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

async function problemsOfRun({ file, output }: SampleFile): Promise<readonly string[]> {
  const scratch = join(folder, "runs", file.replace(".ts", ""));
  mkdirSync(scratch, { recursive: true });
  const run = await execute(process.execPath, [join(folder, file)], { cwd: scratch, timeoutMs });
  if (run.code !== 0) return [`exit code ${run.code}`, run.output.trimEnd()];
  if (output === undefined || run.stdout.trim() === output.trim()) return [];
  return ["printed:", run.stdout.trimEnd(), "instead of:", output.trimEnd()];
}

if (import.meta.main) await runAlone(runSamples);
