import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { canTransition, jobStates, type JobState } from "../../src/job/job-state.ts";

const document = readFileSync(new URL("../../../../docs/states.md", import.meta.url), "utf8");
const froms: readonly (JobState | "new")[] = ["new", ...jobStates];
const allowed = froms.flatMap((from) =>
  jobStates.filter((to) => canTransition(from, to)).map((to) => `${from} → ${to}`),
);

describe("docs/states.md", () => {
  it("has exactly the transitions of the code in its table", () => {
    const table = section("The closed table");

    const written = [...table.matchAll(/^\| `(\w+)` \| (.+) \|$/gm)].flatMap(
      ([, from = "", cell = ""]) =>
        [...cell.matchAll(/`(\w+)`/g)].map(([, to = ""]) => `${from} → ${to}`),
    );

    expect(written.toSorted()).toEqual(allowed.toSorted());
  });

  it("draws exactly the transitions of the code", () => {
    const drawn = [...document.matchAll(/^ {2}(\[\*\]|\w+) --> (\w+)$/gm)].map(
      ([, from = "", to = ""]) => `${from === "[*]" ? "new" : from} → ${to}`,
    );

    expect(drawn.toSorted()).toEqual(allowed.toSorted());
  });

  it("says what each state means", () => {
    const described = [...section("What each state means").matchAll(/^\| `(\w+)` \| \S/gm)];

    expect(described.map(([, state]) => state)).toEqual(jobStates);
  });
});

function section(title: string): string {
  return document.split(`\n## ${title}\n`)[1]?.split("\n## ")[0] ?? "";
}
