import type { ControlRequest, JobError, JobState } from "@revojs/core";
import { extrasOf, type HistoryEntry, type JobEntry } from "./job-entry.ts";

/** The newest entries that a job keeps. */
const KEPT_ENTRIES = 20;

/** Notes an attempt that ended without success, or whose server died. Call it before the entry changes. */
export function noteAttempt(
  entry: JobEntry,
  end: {
    readonly to: JobState;
    readonly nowMs: number;
    readonly reason?: string;
    readonly error?: JobError;
  },
): void {
  append(entry, {
    atMs: end.nowMs,
    from: entry.state,
    to: end.to,
    attempt: entry.attempt,
    ...(entry.startedAtMs !== undefined && { startedAtMs: entry.startedAtMs }),
    ...(entry.server !== undefined && { serverId: entry.server.id }),
    ...(end.reason !== undefined && { reason: end.reason }),
    ...(end.error !== undefined && {
      error: { fingerprint: end.error.fingerprint, text: end.error.text },
    }),
  });
}

/** Notes what an operator did. Call it before the entry changes. */
export function noteAct(
  entry: JobEntry,
  to: JobState,
  { actor, reason, nowMs }: Pick<ControlRequest, "actor" | "reason"> & { readonly nowMs: number },
): void {
  append(entry, { atMs: nowMs, from: entry.state, to, attempt: entry.attempt, actor, reason });
}

function append(entry: JobEntry, line: HistoryEntry): void {
  const extras = extrasOf(entry);
  extras.history ??= [];
  extras.history.push(line);
  if (extras.history.length > KEPT_ENTRIES) extras.history.shift();
}
