import { type IJobReports, type LogLine, RevoArgumentError } from "@revojs/core";
import { type Binary, Long } from "mongodb";
import type { CallProgress } from "../call.ts";
import { inLanes } from "../guarded-writes.ts";
import { toStoredId } from "../ids.ts";
import type { Store } from "../store.ts";

type ReportItem = Parameters<IJobReports["report"]>[0][number];
type ReportResult = "stored" | "stale" | "gone";
type LogPage = Awaited<ReturnType<IJobReports["logs"]>>;

/** Lines kept of one job. */
const KEPT_LINES = 1000;

/** Progress and log lines of runs that still hold their lease. */
export async function report(
  store: Store,
  items: readonly ReportItem[],
  progress: CallProgress,
): Promise<readonly ReportResult[]> {
  const results: ReportResult[] = items.map(() => "gone");
  progress.writing();
  const byJob = new Map<string, number[]>();
  for (const [index, { jobId }] of items.entries())
    byJob.set(jobId, [...(byJob.get(jobId) ?? []), index]);
  // Items of one job one after the other: its lines are told in order.
  await inLanes([...byJob.values()], async (indexes) => {
    for (const index of indexes) {
      const item = items[index];
      if (item !== undefined) results[index] = await reportOne(store, item);
    }
  });
  return results;
}

/** The job gives the number of the first line, under the fence; then the lines are stored. */
async function reportOne(
  store: Store,
  { jobId, token, progress, lines }: ReportItem,
): Promise<ReportResult> {
  const _id = toStoredId(jobId);
  if (_id === undefined) return "gone";
  const hasLines = lines !== undefined && lines.length > 0;
  const job = await store.jobs.findOneAndUpdate(
    { _id, state: "processing", token: Long.fromString(token) },
    {
      $set: {
        ...(progress !== undefined && { progress }),
        // Whoever removes the job has to look for its log.
        ...(hasLines && { lingers: true as const }),
        state: "processing",
      },
      ...(hasLines && { $inc: { lines: lines.length, rev: 1 } }),
    },
    {
      projection: { lines: 1 },
      hint: { _id: 1 },
      returnDocument: "before",
      writeConcern: store.concerns.quick,
    },
  );
  if (job === null) {
    const stored = await store.jobs.findOne({ _id }, { projection: { state: 1 } });
    return stored === null || stored.state === "dropped" ? "gone" : "stale";
  }
  if (hasLines) await append(store, { job: _id, first: job.lines ?? 0, lines });
  return "stored";
}

async function append(
  store: Store,
  {
    job,
    first,
    lines,
  }: { readonly job: Binary; readonly first: number; readonly lines: readonly LogLine[] },
): Promise<void> {
  const writeConcern = store.concerns.quick;
  const stored = lines.map(({ at, attempt, level, text }) => ({ at, attempt, level, text }));
  await store.logs.insertOne({ job, first, lines: stored }, { writeConcern });
  const count = first + lines.length;
  // Cut at twice the length, so that the cost of cutting is spread over a thousand lines.
  const isLong = Math.floor(count / KEPT_LINES) > Math.floor(first / KEPT_LINES);
  if (isLong && count > 2 * KEPT_LINES)
    await store.logs.deleteMany({ job, first: { $lt: count - 2 * KEPT_LINES } }, { writeConcern });
}

/** A page of what the job's runs wrote, oldest first. The cursor is the number of the last line read. */
export async function readLogs(
  store: Store,
  id: string,
  { after, limit }: { readonly after?: string; readonly limit: number },
): Promise<LogPage> {
  const from = after === undefined ? 0 : lineNumber(after);
  const job = toStoredId(id);
  if (job === undefined) return { lines: [], next: null };
  // A report has few lines; the one that the cursor stands in began before it.
  const [begun] = await store.logs
    .find(
      { job, first: { $lte: from } },
      { projection: { first: 1 }, sort: { first: -1 }, limit: 1 },
    )
    .toArray();
  const cursor = store.logs.find(
    { job, first: { $gte: begun?.first ?? 0 } },
    { sort: { first: 1 }, batchSize: 100 },
  );
  const lines: LogLine[] = [];
  let next = from;
  try {
    for await (const part of cursor) {
      for (const [index, line] of part.lines.entries()) {
        const number = part.first + index;
        if (number < from) continue;
        if (lines.length >= limit) return { lines, next: String(next) };
        lines.push(line);
        next = number + 1;
      }
    }
  } finally {
    await cursor.close();
  }
  return { lines, next: null };
}

function lineNumber(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  const shown = JSON.stringify(cursor.slice(0, 80));
  const message = `Expected \`after\` to be a cursor of this log, got ${shown}`;
  throw new RevoArgumentError("REVO_CURSOR_INVALID", message, "after");
}
