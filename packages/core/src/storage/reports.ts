import type { JobId } from "../job/job-record.ts";

/** Fenced like a settlement: what a lost attempt reports changes nothing. At most two a second for each job. A repeat may show lines twice. */
export interface IJobReports {
  report(
    items: readonly {
      readonly jobId: JobId;
      readonly token: string;
      readonly locator?: string;
      readonly progress?: number;
      readonly lines?: readonly LogLine[];
    }[],
  ): Promise<readonly ("stored" | "stale" | "gone")[]>;
  /** Oldest first, the newest 1000 of a job at least. */
  logs(
    id: JobId,
    request: { readonly after?: string; readonly limit: number },
  ): Promise<{ readonly lines: readonly LogLine[]; readonly next: string | null }>;
}

/** `at` is the worker's clock, for display. `text` has at most 8 KiB. */
export interface LogLine {
  readonly at: Date;
  readonly attempt: number;
  readonly level: "debug" | "info" | "warn" | "error";
  readonly text: string;
}
