import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { keepFolder } from "./kept-folder.ts";

/**
 * Fetches one version of an npm package into the cache folder, unless it is there; its install scripts don't run.
 *
 * @param complete Does what the install scripts would have done.
 * @returns The package's folder.
 */
export async function fetchNpmPackage(
  name: string,
  version: string,
  cacheFolder: string,
  complete: (folder: string) => Promise<void>,
): Promise<string> {
  const home = join(cacheFolder, `${name.replace(/^@/, "").replace("/", "-")}-${version}`);
  await keepFolder(home, async (draft) => {
    const manifest = { private: true, dependencies: { [name]: version } };
    await writeFile(join(draft, "package.json"), JSON.stringify(manifest));
    await install(draft);
    await complete(join(draft, "node_modules", name));
  });
  return join(home, "node_modules", name);
}

async function install(folder: string): Promise<void> {
  const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"];
  // Run by npm, this process has variables that would lead the npm started here back to the other folder.
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(
      ([key]) => !/^npm_(package|lifecycle|command|config_(local_)?prefix)/i.test(key),
    ),
  );
  await promisify(execFile)("npm", [...args, "--loglevel=error"], {
    cwd: folder,
    env: environment,
    timeout: 300_000,
    shell: process.platform === "win32",
  });
}
