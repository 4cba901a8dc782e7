import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Fills a folder unless it is there. It appears whole or not at all, and processes that fill it at the same time don't disturb
 * each other.
 */
export async function keepFolder(
  folder: string,
  fill: (draft: string) => Promise<void>,
): Promise<string> {
  if (existsSync(folder)) return folder;
  await mkdir(dirname(folder), { recursive: true });
  const draft = await mkdtemp(`${folder}-`);
  try {
    await fill(draft);
    // A folder for temporary files is closed to others, among them the user whom root starts a server as.
    await chmod(draft, 0o755);
    await rename(draft, folder).catch((error: unknown) => {
      // Another process was quicker: its folder is the same.
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return folder;
}
