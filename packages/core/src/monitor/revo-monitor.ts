import { RevoError } from "../errors.ts";
import { argumentError } from "../job/argument-error.ts";
import { assertJobId } from "../job/job-id.ts";
import type { JobId } from "../job/job-record.ts";
import { isWellFormedText } from "../job/names.ts";
import { assertKnownKeys, ownOptions } from "../job/option-keys.ts";
import { parseSignal } from "../job/option-values.ts";
import { decodeCursor, encodeCursor } from "../search/cursor.ts";
import { checkQuery, type JobQuery } from "../search/job-query.ts";
import type { JobSnapshot, JobSnapshotEntry } from "../search/job-snapshot.ts";
import { planQuery, type QueryPlan } from "../search/query-plan.ts";
import { createRedactor, type Redactor } from "../search/redaction.ts";
import { searchJobs } from "../search/search-jobs.ts";
import { snapshotOf } from "../search/snapshot.ts";
import type { JobOrder, QueueRecord } from "../storage/monitor.ts";
import type { IJobReports } from "../storage/reports.ts";
import type {
  CountOptions,
  FindOptions,
  FoundJobs,
  IRevoMonitor,
  JobCount,
  JobMetrics,
  MetricsRequest,
  ServerSnapshot,
} from "./job-monitor.ts";
import { metricsOf, parseMetricsRequest } from "./job-metrics.ts";
import type { RevoMonitorParts } from "./monitor-parts.ts";
import { serverSnapshotOf } from "./server-snapshot.ts";
import { suggestFromSample } from "./suggestions.ts";

/** The monitor over a storage. */
export class RevoMonitor implements IRevoMonitor {
  readonly #parts: RevoMonitorParts;
  readonly #redactor: Redactor;

  constructor(parts: RevoMonitorParts) {
    this.#parts = parts;
    this.#redactor = createRedactor(parts.redact ?? []);
  }

  async find(query: JobQuery = {}, options: FindOptions = {}): Promise<FoundJobs> {
    this.#assertOpen();
    const asked = checkQuery(query, "query");
    assertKnownKeys(
      options,
      ["after", "limit", "order", "scanLimit", "detail", "signal"],
      "options",
    );
    const own = ownOptions(options);
    const limit = integer(own.limit ?? 50, 1, 1_000, "limit");
    const scanLimit = integer(own.scanLimit ?? 10_000, limit, 1_000_000, "scanLimit");
    const order = this.#order(own.order ?? "natural");
    const detail = own.detail ?? "summary";
    if (detail !== "summary" && detail !== "full") {
      throw argumentError("REVO_ARGUMENT_INVALID", "detail", 'to be "summary" or "full"', detail);
    }
    const signal = parseSignal(own.signal, "signal");
    const scope = [order, asked];
    const { after = null } = own;
    const reply = await searchJobs(this.#parts.storage.monitor, {
      plan: this.#plan(asked),
      order,
      after: after === null ? null : decodeCursor(scope, after, "after"),
      limit,
      scanLimit,
      detail,
      ...(signal === undefined ? {} : { signal }),
    });
    return {
      jobs: reply.records.map((record) => {
        const { texts: _, history: __, ...summary } = record;
        return snapshotOf(detail === "full" ? record : summary, this.#redactor);
      }),
      next: reply.next === null ? null : encodeCursor(scope, reply.next),
      scanned: reply.scanned,
      complete: reply.complete,
    };
  }

  async count(query: JobQuery = {}, options: CountOptions = {}): Promise<JobCount> {
    this.#assertOpen();
    const asked = checkQuery(query, "query");
    assertKnownKeys(options, ["atMost", "signal"], "options");
    const own = ownOptions(options);
    const atMost = integer(own.atMost ?? 10_000, 1, 1_000_000, "atMost");
    const signal = parseSignal(own.signal, "signal");
    const plan = this.#plan(asked);
    const { monitor } = this.#parts.storage;
    if (plan.ids === null && plan.tests.length === 0) {
      return await monitor.count(plan.filter, {
        atMost,
        ...(signal === undefined ? {} : { signal }),
      });
    }
    const { records, complete, next } = await searchJobs(monitor, {
      plan,
      order: "natural",
      after: null,
      limit: atMost,
      scanLimit: Math.max(atMost, 10_000),
      detail: "ids",
      ...(signal === undefined ? {} : { signal }),
    });
    return { count: records.length, exact: complete && next === null };
  }

  async job(id: JobId): Promise<JobSnapshot | null> {
    this.#assertOpen();
    assertJobId(id, "id");
    const [record = null] = await this.#parts.storage.monitor.get([id]);
    return record === null ? null : snapshotOf(record, this.#redactor);
  }

  async history(id: JobId): Promise<readonly JobSnapshotEntry[]> {
    const job = await this.job(id);
    if (job !== null) return job.history;
    throw new RevoError("REVO_JOB_NOT_FOUND", `There is no job ${id} (any more)`);
  }

  async logs(
    id: JobId,
    options: { readonly after?: string | null; readonly limit?: number } = {},
  ): ReturnType<IJobReports["logs"]> {
    this.#assertOpen();
    assertJobId(id, "id");
    assertKnownKeys(options, ["after", "limit"], "options");
    const { after = null, limit = 100 } = ownOptions(options);
    integer(limit, 1, 1_000, "limit");
    if (after !== null && (typeof after !== "string" || after.length > 4096)) {
      throw argumentError("REVO_CURSOR_INVALID", "after", "to be the `next` of a page", after);
    }
    const { reports } = this.#parts.storage;
    if (reports === undefined) throw this.#missing("logs");
    return await reports.logs(id, { limit, ...(after === null ? {} : { after }) });
  }

  async metrics(request: MetricsRequest): Promise<readonly JobMetrics[]> {
    this.#assertOpen();
    const parsed = parseMetricsRequest(request);
    const { metrics } = this.#parts.storage;
    if (metrics === undefined) throw this.#missing("metrics");
    return metricsOf(await metrics.read(parsed), parsed.groupBy);
  }

  async queues(): Promise<readonly QueueRecord[]> {
    this.#assertOpen();
    return await this.#parts.storage.monitor.queues();
  }

  async servers(): Promise<readonly ServerSnapshot[]> {
    this.#assertOpen();
    const servers = await this.#parts.storage.monitor.servers();
    return servers.map(serverSnapshotOf);
  }

  async suggest(
    field: "types" | "tags",
    prefix: string,
    options: { readonly limit?: number; readonly signal?: AbortSignal } = {},
  ): Promise<readonly string[]> {
    this.#assertOpen();
    if (field !== "types" && field !== "tags") {
      throw argumentError("REVO_ARGUMENT_INVALID", "field", 'to be "types" or "tags"', field);
    }
    if (typeof prefix !== "string" || prefix.length > 128 || !isWellFormedText(prefix)) {
      throw argumentError(
        "REVO_ARGUMENT_INVALID",
        "prefix",
        "to be well-formed text of at most 128 characters without U+0000",
        prefix,
      );
    }
    assertKnownKeys(options, ["limit", "signal"], "options");
    const { limit = 20, ...rest } = ownOptions(options);
    integer(limit, 1, 1_000, "limit");
    const signal = parseSignal(rest.signal, "signal");
    const { monitor } = this.#parts.storage;
    if (monitor.suggest !== undefined) return await monitor.suggest(field, prefix, limit);
    return await suggestFromSample({
      monitor,
      registry: this.#parts.registry,
      order: this.#order("newest"),
      field,
      prefix,
      limit,
      ...(signal === undefined ? {} : { signal }),
    });
  }

  #plan(query: JobQuery): QueryPlan {
    return planQuery(query, this.#parts.storage.capabilities, this.#redactor);
  }

  /** An order that the storage does not have is its natural one. */
  #order(order: JobOrder): JobOrder {
    if (order !== "natural" && order !== "newest" && order !== "oldest") {
      throw argumentError(
        "REVO_ARGUMENT_INVALID",
        "order",
        'to be "natural", "newest" or "oldest"',
        order,
      );
    }
    return this.#parts.storage.capabilities.orders.includes(order) ? order : "natural";
  }

  #missing(what: string): RevoError {
    const { name } = this.#parts.storage.capabilities;
    return new RevoError("REVO_CAPABILITY_MISSING", `The storage "${name}" keeps no ${what}`);
  }

  #assertOpen(): void {
    if (!this.#parts.isClosed()) return;
    throw new RevoError("REVO_CLOSED", "Revo is not started or has been stopped");
  }
}

function integer(value: unknown, least: number, most: number, path: string): number {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) {
    return value as number;
  }
  throw argumentError(
    "REVO_ARGUMENT_INVALID",
    path,
    `to be an integer from ${least} to ${most}`,
    value,
  );
}
