import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Environment } from "./server-recipe.ts";

/** Where fetched server programs are kept: `REVO_TEST_CACHE`, or `.cache/servers` of the checkout that this process runs in. */
export function cacheFolder(environment: Environment, start: string = process.cwd()): string {
  return environment["REVO_TEST_CACHE"] ?? join(checkoutAround(start), ".cache", "servers");
}

/** The folder with the version control around `start`, else the outermost package, else `start`. */
function checkoutAround(start: string): string {
  let outermost = start;
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, ".git"))) return folder;
    if (existsSync(join(folder, "package.json"))) outermost = folder;
    if (folder === dirname(folder)) return outermost;
  }
}
