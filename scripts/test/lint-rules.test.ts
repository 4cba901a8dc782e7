import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { execute, root, tool } from "../checks/workspace.ts";

const folder = mkdtempSync(join(tmpdir(), "revo-lint-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the linter says about one planted file of an otherwise empty repository. */
async function lint(path: string, source: string): Promise<string> {
  for (const name of [".oxlintrc.json", "tsconfig.base.json"]) {
    copyFileSync(join(root, name), join(folder, name));
  }
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, source);
  const run = await execute(process.execPath, [tool("oxlint/bin/oxlint"), path], { cwd: folder });
  rmSync(file);
  return run.code === 0 ? "" : run.output;
}

const importing = (specifier: string): string =>
  `import { one } from "${specifier}";\n\nexport const two: number = one + one;\n`;

test.for([
  ["job/a.ts", "../storage/b.ts"],
  ["job/a.ts", "../search/b.ts"],
  ["server/a.ts", "../search/b.ts"],
  ["storage/a.ts", "../handlers/b.ts"],
  ["events/a.ts", "../storage/b.ts"],
  ["handlers/a.ts", "../scheduler/b.ts"],
  ["handlers/middleware/a.ts", "../../server/b.ts"],
  ["scheduler/a.ts", "../commands/b.ts"],
  ["scheduler/a.ts", "../monitor/b.ts"],
  ["commands/a.ts", "../server/b.ts"],
  ["server/a.ts", "../scheduler/b.ts"],
  ["server/a.ts", "../commands/b.ts"],
  ["monitor/a.ts", "../scheduler/b.ts"],
  ["commands/a.ts", "../configuration/b.ts"],
  ["support/a.ts", "../job/b.ts"],
  ["errors.ts", "./job/b.ts"],
  ["configuration/a.ts", "../index.ts"],
  ["server/a.ts", "@revojs/memory"],
] as const)("core/src/%s may not import %s", async ([path, specifier]) => {
  const said = await lint(`packages/core/src/${path}`, importing(specifier));

  expect(said).toContain("no-restricted-imports");
});

test.for([
  ["job/a.ts", "../errors.ts"],
  ["job/a.ts", "../support/b.ts"],
  ["storage/a.ts", "../job/b.ts"],
  ["handlers/middleware/a.ts", "../b.ts"],
  ["handlers/middleware/a.ts", "../../job/b.ts"],
  ["commands/a.ts", "../scheduler/b.ts"],
  ["server/a.ts", "../handlers/b.ts"],
  ["monitor/a.ts", "../storage/b.ts"],
  ["configuration/a.ts", "../monitor/b.ts"],
] as const)("core/src/%s may import %s", async ([path, specifier]) => {
  const said = await lint(`packages/core/src/${path}`, importing(specifier));

  expect(said).toBe("");
});

test.for([
  "export const now: number = Date.now();",
  "export const now: number = performance.now();",
  "export const chance: number = Math.random();",
  "setTimeout(() => {}, 1);",
])("outside of support nobody writes `%s`", async (source) => {
  const inServer = await lint("packages/core/src/server/a.ts", `${source}\n`);
  const inSupport = await lint("packages/core/src/support/a.ts", `${source}\n`);

  expect(inServer).toMatch(/no-restricted-(globals|properties)/);
  expect(inSupport).toBe("");
});

test("a deep import of another package is refused", async () => {
  const said = await lint("packages/memory/src/a.ts", importing("@revojs/core/dist/job/job.js"));

  expect(said).toContain("no-restricted-imports");
});
