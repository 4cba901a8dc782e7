import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

interface DescribedEvent {
  readonly name: string;
  readonly fields: readonly string[];
}

const document = readFileSync(new URL("../../../../docs/events.md", import.meta.url), "utf8");
const rows = new Map(
  [...document.matchAll(/^\| `([\w.-]+)` \|(.+)$/gm)].map(([, name = "", rest = ""]) => [
    name,
    rest,
  ]),
);
const events = declaredEvents();

describe("docs/events.md", () => {
  it("has a row for every event, in the order in which they are declared", () => {
    expect(events.length).toBeGreaterThan(15);
    expect([...rows.keys()]).toEqual(events.map(({ name }) => name));
  });

  it.each(events)("names every field of $name", ({ name, fields }) => {
    const row = rows.get(name) ?? "";

    const missing = fields.filter((field) => !row.includes(`\`${field}\``));

    expect(missing).toEqual([]);
  });

  it("names every loop of the job server", () => {
    const source = readFileSync(new URL("../../src/server/job-server.ts", import.meta.url), "utf8");
    const loops = [...source.matchAll(/#makeLoop\("([\w-]+)"/g)].map(([, name = ""]) => name);

    const missing = ["exchange", ...loops].filter((name) => !document.includes(`\`${name}\``));

    expect(loops.length).toBeGreaterThan(0);
    expect(missing).toEqual([]);
  });

  it("names the fields that every job event and every attempt has", () => {
    const shared = ["jobId", "type", "queue", "attempt", "serverId"];

    const missing = shared.filter((field) => !document.includes(`\`${field}\``));

    expect(missing).toEqual([]);
  });
});

/** The members of `RevoEvents`, each with the fields that it has of its own. */
function declaredEvents(): readonly DescribedEvent[] {
  const source = readFileSync(new URL("../../src/events/job-events.ts", import.meta.url), "utf8");
  const body = source.split("export interface RevoEvents {")[1]?.split("\n}")[0] ?? "";
  return body
    .split(/^ {2}readonly "/m)
    .slice(1)
    .map((member) => {
      const code = member.replaceAll(/\/\*\*.*?\*\//gs, "");
      return {
        name: code.split('"')[0] ?? "",
        fields: [...code.matchAll(/readonly (\w+):/g)].map(([, field = ""]) => field),
      };
    });
}
