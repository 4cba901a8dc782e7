import type { TimedStart } from "@revojs/core";

/** When a job starts, by the storage's clock; `undefined`: now. A time that has come, or is none, is now. */
export function dueAtOf(start: TimedStart, nowMs: number): number | undefined {
  switch (start.kind) {
    case "now":
      return undefined;
    case "delay":
      return later(nowMs + start.delayMs, nowMs);
    case "at":
      return later(start.runAt.getTime(), nowMs);
  }
}

function later(timeMs: number, nowMs: number): number | undefined {
  return timeMs > nowMs ? timeMs : undefined;
}
