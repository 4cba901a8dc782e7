import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readJson, root } from "../checks/workspace.ts";

interface Manifest {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

// What npm start and npm test run: each is a program of its own for every platform, brought as an optional package.
const tools = ["@biomejs/biome", "oxlint", "oxlint-tsgolint", "turbo", "typescript"];
const require = createRequire(import.meta.url);
const lockFile = readFileSync(join(root, "pnpm-lock.yaml"), "utf8");

describe("the lock file", () => {
  // pnpm adds what is missing for other platforms by `pnpm install --fix-lockfile` only.
  it.each(tools)("has %s for every platform, not just for the one it was written on", (tool) => {
    const manifest = readJson(require.resolve(`${tool}/package.json`)) as Manifest;

    const programs = Object.entries(manifest.optionalDependencies ?? {}).map((entry) =>
      entry.join("@"),
    );

    expect(programs.length).toBeGreaterThan(0);
    expect(programs.filter((program) => !lockFile.includes(`${program}'`))).toEqual([]);
  });
});
