import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const document = read("../../../../docs/configuration.md");
const tables = [
  {
    title: "Job type options",
    source: "job/job-options.ts",
    owners: ["JobOptions", "JobTypeOptions"],
  },
  { title: "Enqueue options", source: "job/enqueue-options.ts", owners: ["EnqueueOptions"] },
  {
    title: "Enqueue options",
    source: "scheduler/job-scheduler.ts",
    owners: ["TransactionOptions"],
  },
  {
    title: "Enqueue options",
    source: "job/unique-key.ts",
    owners: ["UniqueKeyOptions"],
    but: ["key"],
  },
  { title: "Job server options", source: "server/server-options.ts", owners: ["JobServerOptions"] },
  {
    title: "RevoConfiguration",
    source: "configuration/revo-configuration.ts",
    owners: ["RevoConfiguration"],
  },
  {
    title: "Jobs",
    source: "configuration/jobs-section.ts",
    owners: ["JobsSection"],
    but: ["resolve"],
  },
] as const;

describe("docs/configuration.md", () => {
  it.each(tables)("has a row under $title for every member of $owners", (table) => {
    const members = table.owners.flatMap((owner) =>
      membersOf(read(`../../src/${table.source}`), owner),
    );
    const excepted: readonly string[] = "but" in table ? table.but : [];

    const rows = rowsUnder(table.title);
    const missing = members.filter((name) => !excepted.includes(name) && !rows.has(name));

    expect(members.length).toBeGreaterThan(0);
    expect(missing).toEqual([]);
  });

  it("names no option of jobs, enqueues or servers that is not there", () => {
    const known = new Set(
      tables.flatMap(({ source, owners }) => {
        const text = read(`../../src/${source}`);
        return owners.flatMap((owner) => membersOf(text, owner));
      }),
    );

    const titles = ["Job type options", "Enqueue options", "Job server options"];
    const unknown = titles.flatMap((title) =>
      [...rowsUnder(title)].filter((name) => !known.has(name)),
    );

    expect(unknown).toEqual([]);
  });
});

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}

/** The names at the beginning of the rows of a section, without what follows the name. */
function rowsUnder(title: string): ReadonlySet<string> {
  const section =
    document.split(new RegExp(`^#{2,3} ${title}$`, "m"))[1]?.split(/^#{2,3} /m)[0] ?? "";
  return new Set(
    [...section.matchAll(/^\| `(\w+)(?:\(.*?\))?` \|/gm)].map(([, name = ""]) => name),
  );
}

/** Public members of an interface (`readonly name`) or of a class (methods), as they stand in its source. */
function membersOf(source: string, owner: string): readonly string[] {
  const body =
    source.split(new RegExp(`^export (?:interface|class) ${owner}\\b`, "m"))[1]?.split(/^}/m)[0] ??
    "";
  const members = body.matchAll(/^ {2}(?:readonly (\w+)\??:|(?:async )?(\w+)(?:<[^(]*>)?\()/gm);
  return [...members].map(([, property, method]) => property ?? method ?? "");
}
