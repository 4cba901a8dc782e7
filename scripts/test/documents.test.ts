import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { filesBelow, root } from "../checks/workspace.ts";

const documents = [
  ...filesBelow(root, (file) => file.endsWith(".md") && !file.includes("/")),
  ...filesBelow(join(root, "docs"), (file) => file.endsWith(".md")).map((file) => `docs/${file}`),
];
const records = documents.filter((file) => /^docs\/adr\/\d{4}-[\w-]+\.md$/.test(file));
const caseIds = new Set(
  [...read("docs/contract.md").matchAll(/^\| `([\w-]+\/[\w-]+)` \|/gm)].map(([, id]) => id),
);
const caseGroups = new Set([...caseIds].map((id) => id?.split("/")[0]));

describe("the documents", () => {
  it.each(documents)("%s has no link that leads nowhere", (document) => {
    const links = [...read(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);

    const broken = links.filter(
      (link) => !/^[a-z]+:/.test(link) && !leadsSomewhere(document, link),
    );

    expect(broken).toEqual([]);
  });

  it.each(documents)("%s names no file of the repository that is not there", (document) => {
    const named = [
      ...read(document).matchAll(/`((?:packages|conformance|scripts|type-tests)\/[\w./-]+)`/g),
    ];

    const missing = named
      .map(([, path = ""]) => path)
      .filter((path) => !existsSync(join(root, path)));

    expect(missing).toEqual([]);
  });

  it.each(documents)("%s names no case that the contract does not have", (document) => {
    const named = [...read(document).matchAll(/`([a-z-]+)\/[a-z0-9-]+`/g)]
      .filter(([, group]) => caseGroups.has(group))
      .map(([whole]) => whole.slice(1, -1));

    const missing = named.filter((id) => !caseIds.has(id));

    expect(missing).toEqual([]);
  });
});

describe("the records of decisions", () => {
  it("are numbered without a gap", () => {
    const numbers = records.map((file) => Number(file.slice("docs/adr/".length, -3).slice(0, 4)));

    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    expect(numbers.length).toBeGreaterThan(0);
  });

  it.each(records)("%s has a numbered title and the five headings", (record) => {
    const text = read(record);

    expect(text).toMatch(new RegExp(`^# ${Number(record.slice(9, 13))}\\. \\S`));
    expect([...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)).toEqual([
      "Context",
      "Decision",
      "Consequences",
      "Alternatives",
      "Evidence",
    ]);
  });
});

function read(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

function leadsSomewhere(document: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? document : normalize(join(dirname(document), path));
  if (!existsSync(join(root, target))) return false;
  return anchor === undefined || anchorsOf(target).includes(anchor);
}

/** Where headings can be jumped to, as the platforms that show Markdown make it. */
function anchorsOf(document: string): readonly string[] {
  return [...read(document).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, "")
      .replaceAll(/\s/g, "-"),
  );
}
