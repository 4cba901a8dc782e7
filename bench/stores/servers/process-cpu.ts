import { readdirSync, readFileSync } from "node:fs";

/** Clock ticks a second, in which Linux counts; it is 100 on every machine in use. */
const TICKS_PER_SECOND = 100;

/**
 * What a server process has used of the processors, its live children and those that ended included.
 * @returns Milliseconds; NaN where the process is not to be seen, as in a container or on another machine.
 */
export function processCpuMs(pid: number): number {
  const own = statOf(pid);
  if (own === null) return Number.NaN;
  let ticks = own.ticks + own.ticksOfEndedChildren;
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = statOf(Number(entry));
    if (stat?.parent === pid) ticks += stat.ticks;
  }
  return (ticks / TICKS_PER_SECOND) * 1000;
}

/** The parent of a process; NaN where it is not to be seen. */
export function parentOf(pid: number): number {
  return statOf(pid)?.parent ?? Number.NaN;
}

/** The name of the program that a process runs. */
export function programOf(pid: number): string {
  return statOf(pid)?.program ?? "";
}

interface ProcessStat {
  readonly program: string;
  readonly parent: number;
  readonly ticks: number;
  readonly ticksOfEndedChildren: number;
}

function statOf(pid: number): ProcessStat | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return null;
  }
  const program = text.slice(text.indexOf("(") + 1, text.lastIndexOf(")"));
  const fields = text
    .slice(text.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  const at = (index: number): number => fields[index] ?? Number.NaN;
  return {
    program,
    parent: at(1),
    ticks: at(11) + at(12),
    ticksOfEndedChildren: at(13) + at(14),
  };
}
