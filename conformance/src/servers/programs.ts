import { execFile } from "node:child_process";
import { accessSync, constants, readdirSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Environment } from "./server-recipe.ts";

/**
 * Folders of the search path, then those below `parents` (`<parent>/<any>/bin`), that hold all of the programs named. A link on the
 * search path counts as the folder that it leads to, where the program's libraries are.
 */
export function foldersWith(
  programs: readonly string[],
  parents: readonly string[],
  environment: Environment,
): readonly string[] {
  const onPath = (environment["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const below = parents.flatMap((parent) =>
    namesIn(parent).map((name) => join(parent, name, "bin")),
  );
  const hasAll = (folder: string): boolean =>
    programs.every((program) => isExecutable(join(folder, executable(program))));
  const real = [...onPath, ...below]
    .filter(hasAll)
    .map((folder) => dirname(realpathSync(join(folder, executable(programs[0] ?? "")))));
  return [...new Set(real)].filter(hasAll);
}

/** The name of a program's file on this platform. */
export function executable(program: string): string {
  return process.platform === "win32" ? `${program}.exe` : program;
}

/** What a program prints on standard output; throws with what it said where it fails. */
export async function outputOf(program: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, { timeout: 10_000 });
  return stdout.trim();
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
