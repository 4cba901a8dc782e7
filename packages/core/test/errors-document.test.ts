import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

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
});

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}

function second(match: readonly string[]): string {
  return match[1] ?? "";
}
