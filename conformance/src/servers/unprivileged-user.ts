import { execFile } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";

/** Whom a server runs as where the tests run as root, which PostgreSQL refuses. */
export interface UnprivilegedUser {
  readonly uid: number;
  readonly gid: number;
}

/** `postgres` or `nobody` for root; `undefined` for everybody else, whose servers run as themselves. */
export async function unprivilegedUser(): Promise<UnprivilegedUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const users = await readFile("/etc/passwd", "utf8");
  for (const name of ["postgres", "nobody"]) {
    const [, uid, gid] = new RegExp(`^${name}:[^:]*:(\\d+):(\\d+):`, "m").exec(users) ?? [];
    if (Number(uid) > 0) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error("run as root, and there is neither a user postgres nor a user nobody");
}

/** Whether everybody may read the file and walk to it: a checkout in root's home is closed to others. */
export async function isOpenToAll(file: string): Promise<boolean> {
  if (((await stat(file)).mode & 0o005) !== 0o005) return false;
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (((await stat(folder)).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** Gives files and folders, with all that is in them, to a user. */
export async function giveTo(user: UnprivilegedUser, ...files: readonly string[]): Promise<void> {
  await promisify(execFile)("chown", ["-R", `${user.uid}:${user.gid}`, ...files]);
}
