import type { TimedStart } from "@revojs/core";

/** The last instant that a `Date` can hold: retention for ever ends there. */
const LAST_MS = 8_640_000_000_000_000;

/** Every instant there is: says that a time is there in a form that an index can answer. */
export const ANY_TIME: { readonly $gte: Date } = Object.freeze({ $gte: new Date(-LAST_MS) });

/** The instant `ms` after `nowMs`, or the last there is. */
export function after(nowMs: number, ms: number): Date {
  return new Date(Math.min(nowMs + ms, LAST_MS));
}

/** When a job starts, by the storage's clock; `undefined`: now. A time that has come, or is none, is now. */
export function dueAtOf(start: TimedStart, nowMs: number): Date | undefined {
  switch (start.kind) {
    case "now":
      return undefined;
    case "delay":
      return start.delayMs > 0 ? after(nowMs, start.delayMs) : undefined;
    case "at":
      return start.runAt.getTime() > nowMs ? new Date(start.runAt) : undefined;
  }
}
