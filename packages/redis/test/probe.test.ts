import { readdir, readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { PROBE } from "../src/scripts/open.ts";

const folder = new URL("../src/scripts/", import.meta.url);
const CALL = /\b(?:call|pcall|callMany|writeAll)\('([A-Z]+)'/g;

it("the probe tries every command that a script calls, so that a right that is missing is told at the start", async () => {
  const called = new Set<string>();
  for (const file of await readdir(folder)) {
    const text = await readFile(new URL(file, folder), "utf8");
    for (const [, command = ""] of text.matchAll(CALL)) called.add(command);
  }

  const untried = [...called].filter((command) => !PROBE.includes(`'${command}'`));

  expect(called.size).toBeGreaterThan(20);
  expect(untried).toEqual([]);
});
