import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);

it("describeJobStorage of node-test declares every case for node:test, skips counted", async () => {
  const program = fileURLToPath(new URL("node-test-program.ts", import.meta.url));
  const hooks = new URL("source-resolution.ts", import.meta.url).href;

  const { stdout } = await run(process.execPath, [
    "--import",
    hooks,
    "--test-reporter=tap",
    program,
  ]);

  expect(stdout).toContain("# fail 0");
  expect(stdout).toContain("# pass 4");
  expect(stdout).toContain("# skipped 3");
  expect(stdout).toContain(
    "memory: skipped 3, the storage does not declare the facet `transactions`",
  );
});
