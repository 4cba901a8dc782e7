import { existsSync, globSync, readFileSync } from "node:fs";
import { describeWithServer } from "@revojs/conformance/vitest";
import { describe, expect, it } from "vitest";
import { Program, type ProgramEnd, withoutServerWarnings } from "./run-program.ts";
import { aPlaceOn, storeNames } from "./stores.ts";

const folder = import.meta.dirname;

/** Programs that run until they are told to stop, and those for one store only, have tests of their own. */
const apart: readonly string[] = ["graceful-shutdown/main.ts", "postgres-transaction/main.ts"];
const programs = globSync("*/main.ts", { cwd: folder }).filter((path) => !apart.includes(path));

describe("an example", { timeout: 30_000 }, () => {
  it("is there", () => {
    expect(programs).toEqual(expect.arrayContaining(["quickstart/main.ts", "commands/main.ts"]));
  });

  it.each(programs)("prints what is expected of it and nothing else: %s", async (path) => {
    const end = await new Program(path).end();

    expectPrinted(path, end);
  });
});

for (const store of storeNames) {
  describeWithServer(store, `an example on ${store}, by changing one line`, () => {
    it.each(programs)("prints the same: %s", { timeout: 30_000 }, async (path) => {
      const { storage } = await aPlaceOn(store);

      const end = await new Program(path, [], { storage }).end();

      expectPrinted(path, { ...end, stderr: withoutServerWarnings(end.stderr) });
    });
  });
}

describeWithServer("postgres", "the example of transactions", () => {
  const path = "postgres-transaction/main.ts";

  it("stores order and job together or neither, each time it runs", {
    timeout: 30_000,
  }, async () => {
    const { url } = await aPlaceOn("postgres");
    const options = { environment: { POSTGRES_URL: url } };

    const first = await new Program(path, [], options).end();
    const second = await new Program(path, [], options).end();

    for (const end of [first, second]) {
      expectPrinted(path, { ...end, stderr: withoutServerWarnings(end.stderr) });
    }
  });
});

describe("the quickstart", () => {
  it("has at most 25 lines", () => {
    const lines = readFileSync(`${folder}/quickstart/main.ts`, "utf8").trimEnd().split("\n");

    expect(lines.length).toBeLessThanOrEqual(25);
  });
});

function expectPrinted(path: string, { code, stdout, stderr }: ProgramEnd): void {
  const expected = `${folder}/${path.replace(/\.ts$/, ".expected.txt")}`;
  expect(existsSync(expected)).toBe(true);
  expect({ stdout: normalise(stdout), stderr }).toEqual({
    stdout: readFileSync(expected, "utf8"),
    stderr: "",
  });
  expect(code).toBe(0);
}

/** Replaces what differs from run to run. */
function normalise(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<id>")
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z/g, "<time>")
    .replaceAll(/\b\d+(?:\.\d+)? ms\b/g, "<n> ms");
}
