import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const folder = new URL("../", import.meta.url);
const recipes = readdirSync(folder).filter((name) => name.endsWith("-activator.ts"));

it.each(recipes)("takes at most eight lines to connect a container: %s", (name) => {
  const lines = readFileSync(new URL(name, folder), "utf8").trimEnd().split("\n");

  const start = lines.findIndex((line) => /^export const \w+Activator = /.test(line));

  expect(start).toBeGreaterThan(0);
  expect(lines.length - start).toBeLessThanOrEqual(8);
});
