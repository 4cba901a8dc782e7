import { type IJobReports, type LogLine, RevoArgumentError } from "@revojs/core";
import { extrasOf, type JobEntry } from "./job-entry.ts";
import type { Store } from "./store.ts";

type ReportItem = Parameters<IJobReports["report"]>[0][number];
type ReportResult = "stored" | "stale" | "gone";
type LogPage = Awaited<ReturnType<IJobReports["logs"]>>;

/** Lines kept of one job. */
const KEPT_LINES = 1000;

/** Progress and log lines of runs that still hold their lease. */
export function report(store: Store, items: readonly ReportItem[]): readonly ReportResult[] {
  return items.map((item) => {
    const entry = store.jobs.get(item.jobId);
    if (entry === undefined) return "gone";
    if (entry.state !== "processing" || entry.token !== item.token) return "stale";
    if (item.progress !== undefined) extrasOf(entry).progress = item.progress;
    if (item.lines !== undefined) append(entry, item.lines);
    return "stored";
  });
}

/** A page of what the job's runs wrote, oldest first. The cursor is the number of the last line read. */
export function readLogs(
  store: Store,
  id: string,
  request: { readonly after?: string; readonly limit: number },
): LogPage {
  const after = request.after === undefined ? 0 : lineNumber(request.after);
  const log = store.jobs.get(id)?.extras?.log;
  if (log === undefined) return { lines: [], next: null };
  const from = Math.max(after - log.dropped, 0);
  const page = log.lines.slice(from, from + request.limit);
  const read = from + page.length;
  return {
    lines: page.map(copyOf),
    next: read < log.lines.length ? String(log.dropped + read) : null,
  };
}

function append(entry: JobEntry, lines: readonly LogLine[]): void {
  const extras = extrasOf(entry);
  extras.log ??= { lines: [], dropped: 0 };
  const { log } = extras;
  for (const line of lines) log.lines.push(copyOf(line));
  // Cut at twice the length, so that the cost of cutting is spread over a thousand lines.
  if (log.lines.length < KEPT_LINES * 2) return;
  log.dropped += log.lines.length - KEPT_LINES;
  log.lines = log.lines.slice(-KEPT_LINES);
}

/** A `Date` can be changed by whoever has it. */
function copyOf(line: LogLine): LogLine {
  return {
    at: new Date(line.at.getTime()),
    attempt: line.attempt,
    level: line.level,
    text: line.text,
  };
}

function lineNumber(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  const shown = JSON.stringify(cursor.slice(0, 80));
  const message = `Expected \`after\` to be a cursor of this log, got ${shown}`;
  throw new RevoArgumentError("REVO_CURSOR_INVALID", message, "after");
}
