import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Tally } from "./tally.ts";
import { root } from "./workspace.ts";

export interface GeneratedFile {
  /** Relative to the root. */
  readonly file: string;
  readonly text: string;
  /** Write it instead of comparing it. */
  readonly write: boolean;
  /** What the reader of a failure has to run. */
  readonly command: string;
}

/** A committed file that is made from others: it is either written, or must be as it would be written. */
export function compareGenerated(
  tally: Tally,
  { file, text, write, command }: GeneratedFile,
): void {
  const path = join(root, file);
  const committed = existsSync(path) ? readFileSync(path, "utf8") : undefined;
  if (committed === text) {
    tally.pass();
    return;
  }
  if (write) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    tally.note(`wrote ${file}`);
    tally.pass();
    return;
  }
  tally.fail(
    `${file} is ${committed === undefined ? "missing" : "out of date"}; if the change is meant: \`${command}\``,
    difference(committed ?? "", text),
  );
}

/** The lines that only one side has; enough to see what changed. */
function difference(before: string, after: string): string {
  const had = before.split("\n");
  const has = after.split("\n");
  const lines = [
    ...had.filter((line) => !has.includes(line)).map((line) => `- ${line}`),
    ...has.filter((line) => !had.includes(line)).map((line) => `+ ${line}`),
  ];
  const shown = lines.slice(0, 40);
  return [...shown, ...(lines.length > 40 ? [`… and ${lines.length - 40} lines more`] : [])].join(
    "\n",
  );
}
