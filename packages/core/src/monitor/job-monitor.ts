import type { Duration } from "../job/duration.ts";
import type { JobId } from "../job/job-record.ts";
import type { HistogramValues, MetricCounter } from "../job/metric-series.ts";
import type { JobQuery } from "../search/job-query.ts";
import type { JobSnapshot, JobSnapshotEntry } from "../search/job-snapshot.ts";
import type { JobOrder, QueueRecord } from "../storage/monitor.ts";
import type { LogLine } from "../storage/reports.ts";

/** Options of `find`. */
export interface FindOptions {
  /** The `next` of the page before, of the same query. Absent or `null`: from the beginning. */
  readonly after?: string | null;
  /** Most jobs to return, 1..1000. @defaultValue 50 */
  readonly limit?: number;
  /** An order that the storage does not have is `natural`. @defaultValue "natural" */
  readonly order?: JobOrder;
  /** Most rows to look at, from `limit` to 1000000. @defaultValue 10000 */
  readonly scanLimit?: number;
  /** `summary` leaves out payload, result, headers and history with its errors, which are costly. @defaultValue "summary" */
  readonly detail?: "summary" | "full";
  readonly signal?: AbortSignal;
}

/** A page of jobs. */
export interface FoundJobs {
  readonly jobs: readonly JobSnapshot[];
  /** Pass as `after` to go on; `null`: all were looked at. */
  readonly next: string | null;
  /** Rows looked at for this page. */
  readonly scanned: number;
  /** False: it stopped at `scanLimit` before the page was full; there may be more, go on with `next`. */
  readonly complete: boolean;
}

/** Options of `count`. */
export interface CountOptions {
  /** Counts up to this number, 1..1000000. @defaultValue 10000 */
  readonly atMost?: number;
  readonly signal?: AbortSignal;
}

/** `exact: false`: at least so many. */
export interface JobCount {
  readonly count: number;
  readonly exact: boolean;
}

/** Which metrics are wanted. */
export interface MetricsRequest {
  readonly from: Date;
  /** Excluded. */
  readonly to: Date;
  /** Width of one point, whole minutes. @defaultValue "1 minute" */
  readonly step?: Duration;
  /** @defaultValue "none" */
  readonly groupBy?: "none" | "queue" | "type";
}

/** What happened in one step of time. */
export interface JobMetrics extends Readonly<Record<MetricCounter, number>> {
  /** Begin of the step. */
  readonly at: Date;
  /** With `groupBy: "queue"`. */
  readonly queue?: string;
  /** With `groupBy: "type"`. */
  readonly type?: string;
  /** From enqueued to claimed. */
  readonly wait: DurationMetrics;
  /** Attempts, from start to end. */
  readonly run: DurationMetrics;
}

/** A histogram over `histogramBoundsMs`, and what is read off it. */
export interface DurationMetrics extends HistogramValues {
  /** Half of the observations took no longer; `null`: nothing was observed. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
}

/** A job server as it is shown. */
export interface ServerSnapshot {
  readonly id: string;
  readonly state: "running" | "quiet" | "stopping" | "lost";
  /** Jobs it is processing. */
  readonly processing: number;
  readonly leaseMs: number;
  /** For display only: nothing is decided by it. */
  readonly beatAt: Date;
  /** What the server tells of itself: host, version, queues, slots … */
  readonly info: Readonly<Record<string, unknown>>;
}

/** Reads what is in the storage: for consoles, tests and curious programs. Changes nothing. */
export interface IRevoMonitor {
  /**
   * One page of jobs. What the storage cannot tell is tested here on the rows it gives, up to `scanLimit`; the answer says how
   * far it got.
   * @throws `REVO_CURSOR_INVALID`: `after` is damaged or another query's.
   */
  find(query?: JobQuery, options?: FindOptions): Promise<FoundJobs>;
  /** How many jobs match: exactly, or at least. */
  count(query?: JobQuery, options?: CountOptions): Promise<JobCount>;
  /** One job, decoded and redacted; `null`: no such job (any more). */
  job(id: JobId): Promise<JobSnapshot | null>;
  /** What happened to a job, oldest first. @throws `REVO_JOB_NOT_FOUND`. */
  history(id: JobId): Promise<readonly JobSnapshotEntry[]>;
  /** The job's own log, oldest first. @throws `REVO_CAPABILITY_MISSING`: the storage keeps none. */
  logs(
    id: JobId,
    options?: { readonly after?: string | null; readonly limit?: number },
  ): Promise<{ readonly lines: readonly LogLine[]; readonly next: string | null }>;
  /** Counts and durations per step and group, over all job servers. @throws `REVO_CAPABILITY_MISSING`: the storage keeps none. */
  metrics(request: MetricsRequest): Promise<readonly JobMetrics[]>;
  /** Every queue that has jobs, a pause or a limit, by name. */
  queues(): Promise<readonly QueueRecord[]>;
  /** Every job server, by id. */
  servers(): Promise<readonly ServerSnapshot[]>;
  /** Values that begin with `prefix`, for completion; a sample of the newest jobs where the storage has no index. */
  suggest(
    field: "types" | "tags",
    prefix: string,
    options?: { readonly limit?: number; readonly signal?: AbortSignal },
  ): Promise<readonly string[]>;
}
