// No file tells where it was written or from which registry its packages came. What to look for is
// derived from the machine that looks, so this file names no path and no host either.
import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Tally } from "./checks/tally.ts";
import { execute, filesBelow, root } from "./checks/workspace.ts";

const largestBytes = 4 * 1024 * 1024;

export async function checkWords(tally: Tally): Promise<void> {
  const words = await forbiddenWords();
  const files = trackedFiles();
  const problems = files.flatMap((file) => {
    const path = join(root, file);
    if (statSync(path).size > largestBytes) return [];
    return findWords(readFileSync(path, "utf8"), words).map((hit) => `${file}:${hit}`);
  });
  tally.expect(`no machine path and no registry host in ${files.length} files`, problems);
}

/** Each hit as `line: word`. A path counts where it begins, not in the middle of a longer one. */
export function findWords(text: string, words: readonly string[]): readonly string[] {
  return text.split("\n").flatMap((line, index) =>
    words.flatMap((word) => {
      let at = line.indexOf(word);
      while (at > 0 && word.startsWith("/") && /[\w.*>})-]/.test(line[at - 1] ?? "")) {
        at = line.indexOf(word, at + 1);
      }
      return at < 0 ? [] : [`${index + 1}: ${word}`];
    }),
  );
}

async function forbiddenWords(): Promise<readonly string[]> {
  const run = await execute("npm", ["config", "get", "registry"]);
  const url = URL.parse(run.stdout.trim());
  const paths = [root, homedir()].flatMap(folderToken);
  return [...new Set([...(url === null ? [] : [url.hostname]), ...paths])];
}

/** What gives a machine's folder away: its first part, or two where the first is the same everywhere. */
function folderToken(path: string): readonly string[] {
  const parts = path.split(/[\\/]/).filter((part) => part !== "" && !part.endsWith(":"));
  const isCommon = ["home", "Users", "tmp", "usr", "var", "opt", "mnt"].includes(parts[0] ?? "");
  return parts.length === 0 ? [] : [`/${parts.slice(0, isCommon ? 2 : 1).join("/")}/`];
}

function trackedFiles(): readonly string[] {
  try {
    return execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8", stdio: "pipe" })
      .split("\0")
      .filter(
        (file) => file !== "" && statSync(join(root, file), { throwIfNoEntry: false })?.isFile(),
      );
  } catch {
    // An unpacked archive has no git folder: everything that is not built or installed counts.
    return filesBelow(root, (file) => !/(^|\/)dist\/|\.(gz|png)$/.test(file));
  }
}
