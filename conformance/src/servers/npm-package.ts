import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/**
 * Fetches one version of an npm package into a folder of its own, unless it is there; its install scripts don't run.
 * Processes that do it at the same time don't disturb each other.
 *
 * @returns The package's folder.
 */
export async function fetchNpmPackage(
  name: string,
  version: string,
  cacheFolder: string,
  complete: (folder: string) => Promise<void>,
): Promise<string> {
  const home = join(cacheFolder, `${name.replace(/^@/, "").replace("/", "-")}-${version}`);
  const folder = join(home, "node_modules", name);
  if (existsSync(folder)) return folder;

  await mkdir(cacheFolder, { recursive: true });
  const draft = await mkdtemp(`${home}-`);
  try {
    const manifest = { private: true, dependencies: { [name]: version } };
    await writeFile(join(draft, "package.json"), JSON.stringify(manifest));
    await install(draft);
    await complete(join(draft, "node_modules", name));
    await rename(draft, home).catch((error: unknown) => {
      // Another process was quicker: its copy is the same.
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return folder;
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
