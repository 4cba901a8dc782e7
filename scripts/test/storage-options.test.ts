import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../checks/workspace.ts";

interface Storage {
  readonly folder: string;
  /** The file with the options, and their interface. */
  readonly source: string;
  readonly options: string;
  readonly title: string;
}

const storages: readonly Storage[] = [
  {
    folder: "memory",
    source: "memory-options.ts",
    options: "MemoryJobStorageOptions",
    title: "Memory storage options",
  },
  {
    folder: "postgres",
    source: "options.ts",
    options: "PostgresJobStorageOptions",
    title: "PostgreSQL storage options",
  },
  {
    folder: "redis",
    source: "options.ts",
    options: "RedisJobStorageOptions",
    title: "Redis storage options",
  },
  {
    folder: "mongodb",
    source: "options.ts",
    options: "MongodbJobStorageOptions",
    title: "MongoDB storage options",
  },
];

describe.each(storages)("the options of the storage $folder", (storage) => {
  const options = optionsIn(read(`packages/${storage.folder}/src/${storage.source}`), storage);

  it("are all in docs/configuration.md, and no others", () => {
    const rows = rowsUnder(read("docs/configuration.md"), storage.title);

    expect([...rows.keys()].toSorted()).toEqual([...options.keys()].toSorted());
  });

  it("have the same defaults there", () => {
    const rows = rowsUnder(read("docs/configuration.md"), storage.title);

    expect(defaultsIn(rows, options)).toEqual(statedDefaults(options));
  });

  it("are all in its README: in the table, or in the line above it", () => {
    const readme = read(`packages/${storage.folder}/README.md`);
    const section = sectionOf(readme, "Options");

    const missing = [...options.keys()].filter((name) => !section.includes(`\`${name}\``));
    const unknown = [...rowsUnder(readme, "Options").keys()].filter((name) => !options.has(name));

    expect({ missing, unknown }).toEqual({ missing: [], unknown: [] });
  });
});

function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** By name, the comment of each option. */
function optionsIn(source: string, storage: Storage): ReadonlyMap<string, string> {
  const [, rest = ""] = source.split(`export interface ${storage.options} {`);
  const body = rest.split(/^}/m)[0] ?? "";
  const members = body.matchAll(/\/\*\*((?:(?!\*\/)[^])*)\*\/\s+readonly (\w+)\??:/g);
  return new Map([...members].map(([, comment = "", name = ""]) => [name, comment]));
}

function sectionOf(document: string, title: string): string {
  const [, rest = ""] = document.split(new RegExp(`^#{2,3} ${title}$`, "m"));
  return rest.split(/^#{2,3} /m)[0] ?? "";
}

/** By name, the last cell of each row of the section's table. */
function rowsUnder(document: string, title: string): ReadonlyMap<string, string> {
  const rows = sectionOf(document, title).matchAll(/^\| `(\w+)`[^|]*\|.*\| *([^|]*?) *\|$/gm);
  return new Map([...rows].map(([, name = "", last = ""]) => [name, last]));
}

/** The defaults that the comments state, without what follows the value. */
function statedDefaults(options: ReadonlyMap<string, string>): Readonly<Record<string, string>> {
  const stated = [...options].flatMap(([name, comment]) => {
    const value = /@defaultValue ([^]*)/.exec(comment)?.[1];
    return value === undefined ? [] : [[name, firstWord(value)] as const];
  });
  return Object.fromEntries(stated);
}

function defaultsIn(
  rows: ReadonlyMap<string, string>,
  options: ReadonlyMap<string, string>,
): Readonly<Record<string, string>> {
  const names = Object.keys(statedDefaults(options));
  return Object.fromEntries(names.map((name) => [name, firstWord(rows.get(name) ?? "")]));
}

/** `"auto"`, 5,000 and 5000 are written in more than one way. */
function firstWord(text: string): string {
  return text.split(/\s|: /)[0]?.replaceAll(/[^\w.-]|\.$/g, "") ?? "";
}
