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
  const [left = "", , server = "-", started = "-"] = text.split("|");
  const parts = left.split(" ");
  const state = states[text.charAt(0)];
  if (state === undefined || parts.length !== FIELDS) return undefined;
  const [first = "", queue = "", attempt, , size, , crashes, releases, created, waited = "-"] =
    parts;
  const createdAtMs = Number(created);
  return {
    state,
    priority: Number(first.charAt(1)),
    flags: first.slice(2),
    queue,
    attempt: Number(attempt),
    bodyBytes: Number(size),
    crashes: Number(crashes),
    releases: Number(releases),
    createdAtMs,
    ...(waited !== "-" && { enqueuedAtMs: createdAtMs + Number(waited) }),
    maxCrashes: Number(parts[10]),
    maxAttempts: Number(parts[11]),
    type: parts[12] ?? "",
    ...(server !== "-" && { serverId: server }),
    ...(started !== "-" && { startedAtMs: Number(started) }),
  };
}

/** Fields of a head before the lease. */
const FIELDS = 13;
