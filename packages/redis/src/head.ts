import type { JobState } from "@revojs/core";

/** What scripts read and write of a job: see `scripts/jobs.ts`, which has the form of the text. Times are in ms since 1970. */
export interface JobHead {
  readonly state: JobState;
  readonly priority: number;
  readonly attempt: number;
  readonly crashes: number;
  readonly releases: number;
  readonly flags: string;
  readonly createdAtMs: number;
  readonly enqueuedAtMs?: number;
  readonly maxCrashes: number;
  readonly maxAttempts: number;
  /** Bytes of the body; another length means that it is not what was stored. */
  readonly bodyBytes: number;
  readonly type: string;
  readonly queue: string;
  /** Short form. */
  readonly serverId?: string;
  readonly startedAtMs?: number;
}

const states: Readonly<Record<string, JobState>> = {
  s: "scheduled",
  e: "enqueued",
  a: "awaiting",
  t: "throttled",
  p: "processing",
  k: "succeeded",
  f: "failed",
  d: "deleted",
};

/** The letter by which scripts know each state. */
export const stateLetters: Readonly<Record<JobState, string>> = {
  scheduled: "s",
  enqueued: "e",
  awaiting: "a",
  throttled: "t",
  processing: "p",
  succeeded: "k",
  failed: "f",
  deleted: "d",
};

/** The state of a letter; `undefined` for any other text. */
export function stateOf(letter: string): JobState | undefined {
  return states[letter];
}

/** The stored head, or `undefined` when the text is none. */
export function decodeHead(text: string): JobHead | undefined {
  const parts = text.split(" ");
  const state = states[text.charAt(0)];
  if (state === undefined || parts.length < 14) return undefined;
  const [, attempt, crashes, releases, , flags = "", created, waited = "-"] = parts;
  const createdAtMs = Number(created);
  const [, serverId = "-", started = "-"] = parts.slice(14);
  return {
    state,
    priority: Number(text.charAt(1)),
    attempt: Number(attempt),
    crashes: Number(crashes),
    releases: Number(releases),
    flags,
    createdAtMs,
    ...(waited !== "-" && { enqueuedAtMs: createdAtMs + Number(waited) }),
    maxCrashes: Number(parts[8]),
    maxAttempts: Number(parts[9]),
    bodyBytes: Number(parts[10]),
    type: parts[12] ?? "",
    queue: parts[13] ?? "",
    ...(serverId !== "-" && { serverId }),
    ...(started !== "-" && { startedAtMs: createdAtMs + Number(started) }),
  };
}
