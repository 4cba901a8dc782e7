import { existsSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { Tally } from "./tally.ts";
import { type TestReport, unsaid } from "./test-reporter.ts";
import { execute, filesBelow, readJson, root, tool, workspacePackages } from "./workspace.ts";

/** Every file is formatted as biome formats it. */
export async function checkFormat(): Promise<Tally> {
  const tally = new Tally();
  const run = await execute(process.execPath, [tool("@biomejs/biome/bin/biome"), "format", "."]);
  const files = Number(/Checked (\d+) files/.exec(run.output)?.[1] ?? 0);
  if (run.code !== 0) tally.fail("formatting (mend it with `npm run format`)", run.output);
  else if (files > 0) tally.pass();
  tally.note(`${files} files`);
  return tally;
}

/** The linter, with real types, and the folder rules of .oxlintrc.json. */
export async function checkLint(): Promise<Tally> {
  const tally = new Tally();
  const run = await execute(process.execPath, [tool("oxlint/bin/oxlint"), "--type-aware"]);
  const files = Number(/on (\d+) files/.exec(run.output)?.[1] ?? 0);
  if (run.code !== 0) tally.fail("lint", run.output);
  else if (files > 0) tally.pass();
  tally.note(`${files} files`);
  return tally;
}

/** Builds every package and checks the types of every test, example and script. */
export async function checkTypes(): Promise<Tally> {
  const tally = new Tally();
  removeStaleOutput();
  const { references } = readJson(join(root, "tsconfig.json")) as {
    readonly references: readonly { readonly path: string }[];
  };
  const run = await execute(process.execPath, [tool("typescript/bin/tsc"), "-b"]);
  if (run.code !== 0) {
    tally.fail("tsc -b", run.output);
    return tally;
  }
  for (const { path } of references) {
    // tsc passes over a project without files, so a folder that lost its tests would go unnoticed.
    const files = filesBelow(join(root, path), (file) => /(?<!\.d)\.ts$/.test(file));
    if (files.length > 0) tally.pass();
    else tally.fail(path, "There is no TypeScript file in this project.");
  }
  return tally;
}

/** A file that was renamed or removed leaves its output behind, which would be published. */
function removeStaleOutput(): void {
  for (const { folder } of workspacePackages()) {
    const dist = join(folder, "dist");
    for (const file of filesBelow(dist)) {
      const source = /^(.*?)(?:\.d\.ts|\.js)(?:\.map)?$/.exec(file)?.[1];
      if (source !== undefined && !existsSync(join(folder, "src", `${source}.ts`))) {
        rmSync(join(dist, file));
        rmSync(join(dist, ".tsbuildinfo"), { force: true });
      }
    }
  }
}

/** Unused files, exports and dependencies. */
export async function checkDeadCode(): Promise<Tally> {
  const tally = new Tally();
  const run = await execute(process.execPath, [tool("knip/bin/knip.js"), "--no-progress"]);
  if (run.code === 0) tally.pass();
  else tally.fail("knip", run.output);
  return tally;
}

interface RunTestsOptions {
  /** Parts of paths; only files with one of them run. All by default. */
  readonly files?: readonly string[];
  /** A part of titles; only tests with it run, and the others don't count as skipped. All by default. */
  readonly titles?: string;
  /** More variables for the tests. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The tests of some vitest projects; each test counts. */
export async function runTests(
  projects: readonly string[],
  { files: only = [], titles, environment = {} }: RunTestsOptions = {},
): Promise<Tally> {
  const tally = new Tally();
  const report = join(root, ".cache", "reports", `${projects.join("-")}.json`);
  mkdirSync(dirname(report), { recursive: true });
  rmSync(report, { force: true });
  const run = await execute(
    process.execPath,
    [
      tool("vitest/vitest.mjs"),
      "run",
      ...only,
      ...(titles === undefined ? [] : ["--testNamePattern", titles]),
      ...projects.flatMap((project) => ["--project", project]),
      "--passWithNoTests",
      "--silent=passed-only",
      "--reporter=default",
      "--reporter=./scripts/checks/test-reporter.ts",
    ],
    { env: { ...process.env, ...environment, REVO_TEST_REPORT: report } },
  );
  if (!existsSync(report)) {
    tally.fail("vitest wrote no report", run.output);
    return tally;
  }
  for (const line of run.output.match(/^Test server: .*$/gm) ?? []) tally.note(line);
  const { files, passed, failed, skipped } = readJson(report) as TestReport;
  tally.pass(passed);
  tally.failed += failed;
  const counted = skipped.filter(({ reason }) => titles === undefined || reason !== unsaid);
  for (const [reason, tests] of Map.groupBy(counted, (test) => test.reason)) {
    tally.skipped += tests.length;
    tally.note(`- skipped: ${tests.length} (${reason}), the first: ${tests[0]?.title}`);
  }
  // A file that can't be loaded, or an error outside of every test, has no failed test to its name.
  if (run.code !== 0 && failed === 0) tally.failed += 1;
  if (tally.failed > 0) tally.note(run.output);
  tally.note(`${files} files`);
  return tally;
}
