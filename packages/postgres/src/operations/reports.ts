import { type IJobReports, type LogLine, RevoArgumentError } from "@revojs/core";
import { type Connections, read, valueOf, write } from "../connections.ts";

type ReportItem = Parameters<IJobReports["report"]>[0][number];
type ReportResult = Awaited<ReturnType<IJobReports["report"]>>[number];
type LogPage = Awaited<ReturnType<IJobReports["logs"]>>;

const RESULTS: Readonly<Record<string, ReportResult>> = { s: "stored", x: "stale", g: "gone" };

export async function report(
  connections: Connections,
  items: readonly ReportItem[],
): Promise<readonly ReportResult[]> {
  if (items.length === 0) return [];
  const rows = await write(connections, {
    name: "revo_report",
    text: `select ${connections.names.schema}.report($1)`,
    values: [JSON.stringify(items.map(toStored))],
  });
  const letters = valueOf(rows) ?? "";
  return items.map((_, index) => RESULTS[letters[index] ?? ""] ?? "stale");
}

/** One page of a job's lines, oldest first. The cursor is the number of the last line told. */
export async function readLogs(
  connections: Connections,
  id: string,
  request: { readonly after?: string; readonly limit: number },
): Promise<LogPage> {
  const after = request.after === undefined ? "0" : checkedCursor(request.after);
  const rows = await read(connections, {
    name: "revo_logs",
    text: `select l.line, l.at_ms, l.attempt, l.level, l.text from ${connections.names.schema}.logs l
      where l.job_id = $1 and l.line > $2 order by l.job_id, l.line limit $3::bigint + 1`,
    values: [id, after, request.limit],
  });
  const page = rows.slice(0, request.limit);
  return {
    lines: page.map(([, at, attempt, level, text]) => ({
      at: new Date(Number(at)),
      attempt: Number(attempt),
      level: level as LogLine["level"],
      text: text ?? "",
    })),
    next: rows.length > page.length ? (page.at(-1)?.[0] ?? null) : null,
  };
}

function toStored({
  jobId,
  token,
  progress,
  lines,
}: ReportItem): Readonly<Record<string, unknown>> {
  return {
    id: jobId,
    token,
    progress,
    lines: lines?.map(({ at, attempt, level, text }) => ({
      at: at.getTime(),
      attempt,
      level,
      text,
    })),
  };
}

function checkedCursor(cursor: string): string {
  if (/^\d{1,18}$/.test(cursor)) return cursor;
  const shown = JSON.stringify(cursor.slice(0, 80));
  const message = `Expected \`after\` to be a cursor of this log, got ${shown}`;
  throw new RevoArgumentError("REVO_CURSOR_INVALID", message, "after");
}
