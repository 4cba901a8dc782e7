import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../console/usage-error.ts";

/**
 * Takes a folder for this process: two runs in one folder would write over each other's ledger. The lock of a process that is
 * gone counts for nothing.
 * @returns Gives the folder free again.
 * @throws {@link UsageError}: a living process has it.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, "in-use.lock");
  const unlock = (): Promise<void> => rm(path, { force: true });
  try {
    await writeFile(path, String(process.pid), { flag: "wx" });
    return unlock;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const holder = Number(await readFile(path, "utf8").catch(() => ""));
  if (isRunning(holder)) throw new UsageError(`${folder} is in use by process ${holder}`);
  await writeFile(path, String(process.pid));
  return unlock;
}

function isRunning(processId: number): boolean {
  if (!Number.isInteger(processId) || processId <= 0) return false;
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
