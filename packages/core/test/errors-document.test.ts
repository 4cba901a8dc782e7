import { globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const repository = new URL("../../../", import.meta.url);
/** Whole ones: `REVO_STORAGE_*` stands for several. */
const codes = /\bREVO_[A-Z_]*[A-Z]\b(?!_)/g;
const document = read("../../../docs/errors.md");
const declared = [...read("../src/errors.ts").matchAll(/^ {2}\| "(REVO_[A-Z_]+)"/gm)].map(second);
const headings = [...document.matchAll(/^### (.+)$/gm)].map(second);

describe("docs/errors.md", () => {
  it("has a heading for every code, in the order in which they are declared", () => {
    expect(declared.length).toBeGreaterThan(50);
    expect(headings).toEqual(declared);
  });

  it.each(headings)("says of %s when, why, what to do and what became of the job", (heading) => {
    const section = document.split(`\n### ${heading}\n`)[1]?.split(/\n#{2,3} /)[0] ?? "";

    const points = [...section.matchAll(/^- \*\*(.+?)\*\*: \S/gm)].map(second);

    expect(points).toEqual(["When", "Why", "Do", "The job"]);
  });

  it("speaks of no code whose error no test expects", () => {
    const tests = globSync("packages/*/test/**/*.ts", { cwd: repository })
      .filter((path) => !path.endsWith("errors-document.test.ts"))
      .map((path) => readFileSync(new URL(path, repository), "utf8"))
      .join("\n");

    expect(headings.filter((code) => !tests.includes(code))).toEqual([]);
  });

  it("is the source of every code that another document names", () => {
    const named = globSync(["*.md", "docs/**/*.md", "packages/*/README.md"], { cwd: repository })
      .flatMap((path) => readFileSync(new URL(path, repository), "utf8").match(codes) ?? [])
      .filter((name) => !/^REVO_(TEST|BENCH|EXAMPLE|SIMULATION)_/.test(name));

    expect([...new Set(named)].filter((code) => !declared.includes(code))).toEqual([]);
  });
});

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}

function second(match: readonly string[]): string {
  return match[1] ?? "";
}
