import { existsSync, globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Program } from "./run-program.ts";

const folder = import.meta.dirname;

/** Programs that run until they are told to stop have tests of their own. */
const untilStopped: readonly string[] = ["graceful-shutdown/main.ts"];
const programs = globSync("*/main.ts", { cwd: folder }).filter(
  (path) => !untilStopped.includes(path),
);

describe("an example", { timeout: 30_000 }, () => {
  it("is there", () => {
    expect(programs).toEqual(expect.arrayContaining(["quickstart/main.ts", "commands/main.ts"]));
  });

  it.each(programs)("prints what is expected of it and nothing else: %s", async (path) => {
    const expected = `${folder}/${path.replace(/\.ts$/, ".expected.txt")}`;

    const { code, stdout, stderr } = await new Program(path).end();

    expect(existsSync(expected)).toBe(true);
    expect({ stdout: normalise(stdout), stderr }).toEqual({
      stdout: readFileSync(expected, "utf8"),
      stderr: "",
    });
    expect(code).toBe(0);
  });
});

describe("the quickstart", () => {
  it("has at most 25 lines", () => {
    const lines = readFileSync(`${folder}/quickstart/main.ts`, "utf8").trimEnd().split("\n");

    expect(lines.length).toBeLessThanOrEqual(25);
  });
});

/** Replaces what differs from run to run. */
function normalise(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<id>")
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z/g, "<time>")
    .replaceAll(/\b\d+(?:\.\d+)? ms\b/g, "<n> ms");
}
