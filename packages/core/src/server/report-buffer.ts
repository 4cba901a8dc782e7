import type { EventHub } from "../events/event-hub.ts";
import type { IJobReports, LogLine } from "../storage/reports.ts";
import type { Attempt } from "./attempt.ts";

/** At most two reports a second for each job. */
const REPORT_EVERY_MS = 500;
/** Newest lines of one attempt kept between two reports: a storage keeps no more of a job either. */
const MOST_PENDING_LINES = 1_000;
const MOST_LINE_BYTES = 8 * 1024;

type ReportItem = Parameters<IJobReports["report"]>[0][number];

/**
 * Gathers progress and log lines and sends them together, twice a second, and the last ones of an attempt just before it is
 * settled, since afterwards its token counts for nothing. A report that fails is dropped and told of: it never holds back work.
 */
export class ReportBuffer {
  readonly #reports: IJobReports | null;
  readonly #events: EventHub;
  readonly #maxBatch: number;
  readonly #dirty = new Set<Attempt>();
  readonly #onDirty: () => void;

  constructor(options: {
    readonly reports: IJobReports | null;
    readonly events: EventHub;
    readonly maxBatch: number;
    /** The first report since the last flush is there. */
    readonly onDirty: () => void;
  }) {
    this.#reports = options.reports;
    this.#events = options.events;
    this.#maxBatch = options.maxBatch;
    this.#onDirty = options.onDirty;
  }

  progress(attempt: Attempt, fraction: number): void {
    if (this.#reports === null || attempt.ended) return;
    this.#reportOf(attempt).progress = fraction;
  }

  line(attempt: Attempt, line: LogLine): void {
    if (this.#reports === null || attempt.ended) return;
    const { lines } = this.#reportOf(attempt);
    lines.push(
      line.text.length > MOST_LINE_BYTES / 4 ? { ...line, text: cutText(line.text) } : line,
    );
    // Twice as many, so that one line in a thousand pays for moving the others.
    if (lines.length >= 2 * MOST_PENDING_LINES) lines.splice(0, lines.length - MOST_PENDING_LINES);
  }

  /** What the loop does. @returns Milliseconds until it is worth doing again. */
  async flush(): Promise<number> {
    await this.#send([...this.#dirty]);
    return this.#dirty.size > 0 ? REPORT_EVERY_MS : Number.POSITIVE_INFINITY;
  }

  /** Sends what these ending attempts have left; `null` when there is nothing. Never rejects. */
  flushOf(attempts: readonly Attempt[]): Promise<void> | null {
    if (this.#dirty.size === 0) return null;
    const last = attempts.filter((attempt) => this.#dirty.has(attempt));
    if (last.length === 0) return null;
    return this.#send(last).catch((error: unknown) => {
      this.#events.emit("loop.failed", { loop: "reports", error, retryInMs: 0 });
    });
  }

  #reportOf(attempt: Attempt): NonNullable<Attempt["report"]> {
    if (this.#dirty.size === 0) this.#onDirty();
    this.#dirty.add(attempt);
    attempt.report ??= { progress: null, lines: [] };
    return attempt.report;
  }

  async #send(attempts: readonly Attempt[]): Promise<void> {
    if (this.#reports === null) return;
    for (let start = 0; start < attempts.length; start += this.#maxBatch) {
      // Some may have been sent beside this, since they ended.
      const items = attempts
        .slice(start, start + this.#maxBatch)
        .filter((attempt) => this.#dirty.delete(attempt))
        .map((attempt) => this.#takeReport(attempt));
      if (items.length > 0) await this.#reports.report(items);
    }
  }

  #takeReport(attempt: Attempt): ReportItem {
    const report = attempt.report;
    attempt.report = null;
    const { id, locator } = attempt.job;
    return {
      jobId: id,
      token: attempt.token,
      ...(locator !== undefined && { locator }),
      ...(report !== null && report.progress !== null && { progress: report.progress }),
      ...(report !== null &&
        report.lines.length > 0 && { lines: report.lines.slice(-MOST_PENDING_LINES) }),
    };
  }
}

/** Cuts to at most 8 KiB of UTF-8 without splitting a character. */
function cutText(text: string): string {
  const bytes = Buffer.from(text.slice(0, MOST_LINE_BYTES), "utf8");
  if (bytes.length <= MOST_LINE_BYTES && text.length <= MOST_LINE_BYTES) return text;
  let end = MOST_LINE_BYTES - 3;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return `${bytes.toString("utf8", 0, end)}…`;
}
