import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "vite";
import { expect, it } from "vitest";

it("a program whose classes a bundler has renamed stores and finds jobs, commands and errors by the same names", async () => {
  const folder = mkdtempSync(join(tmpdir(), "revo minified "));

  await bundle(fileURLToPath(new URL("./program.ts", import.meta.url)), folder);
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "program.js")]);
  rmSync(folder, { recursive: true });

  const { lengthOfNames, ...seen } = JSON.parse(stdout) as { lengthOfNames: number[] };
  expect(Math.max(...lengthOfNames)).toBeLessThan(4);
  expect(seen).toEqual({
    result: "HELLO",
    types: ["command.capture", "shout"],
    cause: "NonRetryableError: stolen card",
    errors: ["NonRetryableError", "RetryAfterError", "RevoError"],
  });
});

/** Into one file with short names, packages included: as services are shipped. */
async function bundle(program: string, folder: string): Promise<void> {
  await build({
    configFile: false,
    logLevel: "warn",
    build: { ssr: program, outDir: folder, emptyOutDir: false, minify: true, target: "node20" },
    ssr: { noExternal: true },
  });
}
