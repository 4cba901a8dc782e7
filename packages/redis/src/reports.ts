import { type IJobReports, type LogLine, RevoArgumentError } from "@revojs/core";
import { toShortId } from "./job-ids.ts";
import { defineScript } from "./script.ts";
import { READ_LOG, REPORT } from "./scripts/reports.ts";
import type { Store } from "./store.ts";

type ReportItem = Parameters<IJobReports["report"]>[0][number];
type ReportResult = "stored" | "stale" | "gone";
type LogPage = Awaited<ReturnType<IJobReports["logs"]>>;

const reportScript = defineScript<string>("report", "writes", REPORT);
const logScript = defineScript<readonly [number, number, ...string[]]>(
  "read-log",
  "reads",
  READ_LOG,
);

const RESULTS: Readonly<Record<string, ReportResult>> = { o: "stored", s: "stale", g: "gone" };

/** Lines in one call: Lua passes no more values at once. */
const MOST_LINES = 1000;

/** Progress and log lines of runs that still hold their lease. */
export async function report(
  store: Store,
  items: readonly ReportItem[],
): Promise<readonly ReportResult[]> {
  if (items.length === 0) return [];
  const values: (string | number)[] = [];
  for (const { jobId, token, progress, lines = [] } of items) {
    values.push(toShortId(jobId), token, progress ?? "");
    // Of more lines than are kept the earlier ones would be cut at once.
    const kept = lines.slice(-MOST_LINES);
    values.push(kept.length);
    for (const line of kept) values.push(encodeLine(line));
  }
  const statuses = await store.run(reportScript, values);
  return Array.from(statuses, (letter) => RESULTS[letter] ?? "gone");
}

/** A page of what the job's runs wrote, oldest first. The cursor is the number of the last line read. */
export async function readLogs(
  store: Store,
  id: string,
  request: { readonly after?: string; readonly limit: number },
): Promise<LogPage> {
  const after = request.after === undefined ? 0 : lineNumber(request.after);
  const values = [toShortId(id), after, request.limit];
  const [last, hasMore, ...lines] = await store.run(logScript, values);
  return { lines: lines.map(decodeLine), next: hasMore === 1 ? String(last) : null };
}

function encodeLine({ at, attempt, level, text }: LogLine): string {
  return JSON.stringify([at.getTime(), attempt, level, text]);
}

function decodeLine(line: string): LogLine {
  const [at, attempt, level, text] = JSON.parse(line) as [number, number, LogLine["level"], string];
  return { at: new Date(at), attempt, level, text };
}

function lineNumber(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  const shown = JSON.stringify(cursor.slice(0, 80));
  const message = `Expected \`after\` to be a cursor of this log, got ${shown}`;
  throw new RevoArgumentError("REVO_CURSOR_INVALID", message, "after");
}
