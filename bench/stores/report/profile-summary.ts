import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** How many functions are shown. */
const MOST = 25;

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** The functions of the newest processor profile of a folder that took the most time themselves, with their share. */
export function profileSummary(folder: string): string {
  const file = newestProfile(folder);
  if (file === undefined) return "No profile was written";
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, "utf8")) as Profile;
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const times = new Map<string, number>();
  let whole = 0;
  for (const [index, id] of samples.entries()) {
    const frame = frames.get(id);
    const time = timeDeltas[index] ?? 0;
    if (frame === undefined || frame.functionName === "(idle)") continue;
    whole += time;
    const name = `${frame.functionName || "(anonymous)"} ${place(frame.url, frame.lineNumber)}`;
    times.set(name, (times.get(name) ?? 0) + time);
  }
  const sorted = [...times].toSorted(([, a], [, b]) => b - a).slice(0, MOST);
  const lines = sorted.map(([name, time]) => `  ${((time / whole) * 100).toFixed(1)} %  ${name}`);
  return [`${(whole / 1000).toFixed(0)} ms not idle, of which:`, ...lines].join("\n");
}

function newestProfile(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  return readdirSync(folder)
    .filter((name) => name.endsWith(".cpuprofile"))
    .map((name) => join(folder, name))
    .toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
}

function place(url: string, lineNumber: number): string {
  if (url === "") return "";
  const path = url.startsWith("file:") ? fileURLToPath(url) : url;
  const short = path.replace(/^.*\/node_modules\//, "").replace(/^.*\/(packages|bench)\//, "$1/");
  return `${short}:${lineNumber + 1}`;
}
