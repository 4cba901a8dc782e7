import { argumentError } from "../job/argument-error.ts";
import { parseDuration } from "../job/duration.ts";
import { yearZeroMs } from "../job/instant.ts";
import {
  quantileMs,
  readCounter,
  readHistogram,
  type MetricHistogram,
} from "../job/metric-series.ts";
import { assertKnownKeys, ownOptions } from "../job/option-keys.ts";
import type { IJobMetrics, MetricPoint } from "../storage/metrics.ts";
import type { DurationMetrics, JobMetrics, MetricsRequest } from "./job-monitor.ts";

type ReadRequest = Parameters<IJobMetrics["read"]>[0];

const minuteMs = 60_000;
/** Longest step: what a chart over years needs. */
const maxStepMs = 30 * 24 * 60 * minuteMs;
/** Most steps of one answer; groups multiply them. */
const maxSteps = 10_000;

/** @throws `REVO_OPTION_UNKNOWN`, `REVO_ARGUMENT_INVALID`, `REVO_TIME_INVALID`, `REVO_TIME_OUT_OF_RANGE`, `REVO_DURATION_INVALID`. */
export function parseMetricsRequest(request: MetricsRequest): ReadRequest {
  assertKnownKeys(request, ["from", "to", "step", "groupBy"], "request");
  const { from, to, step = minuteMs, groupBy = "none" } = ownOptions(request);
  assertDate(from, "from");
  assertDate(to, "to");
  const stepMs = parseDuration(step, "step", { minMs: minuteMs, maxMs: maxStepMs });
  if (stepMs % minuteMs !== 0) {
    throw argumentError("REVO_DURATION_INVALID", "step", "to be whole minutes", step);
  }
  if (to.getTime() - from.getTime() > maxSteps * stepMs) {
    throw argumentError(
      "REVO_ARGUMENT_INVALID",
      "step",
      `to divide the time from \`from\` to \`to\` into at most ${maxSteps} steps`,
      step,
    );
  }
  if (groupBy !== "none" && groupBy !== "queue" && groupBy !== "type") {
    throw argumentError(
      "REVO_ARGUMENT_INVALID",
      "groupBy",
      'to be "none", "queue" or "type"',
      groupBy,
    );
  }
  return { from, to, stepMs, groupBy };
}

/** The points as they are shown: counters by name, durations with their quantiles. */
export function metricsOf(
  points: readonly MetricPoint[],
  groupBy: ReadRequest["groupBy"],
): readonly JobMetrics[] {
  return points.map(({ minute, queue, type, values }) => ({
    at: minute,
    ...(groupBy === "queue" ? { queue } : {}),
    ...(groupBy === "type" ? { type } : {}),
    claimed: readCounter(values, "claimed"),
    succeeded: readCounter(values, "succeeded"),
    retried: readCounter(values, "retried"),
    failed: readCounter(values, "failed"),
    deleted: readCounter(values, "deleted"),
    released: readCounter(values, "released"),
    wait: durations(values, "wait"),
    run: durations(values, "run"),
  }));
}

function durations(values: readonly number[], histogram: MetricHistogram): DurationMetrics {
  return {
    ...readHistogram(values, histogram),
    p50Ms: quantileMs(values, histogram, 0.5),
    p95Ms: quantileMs(values, histogram, 0.95),
  };
}

function assertDate(value: unknown, path: string): asserts value is Date {
  if (!(value instanceof Date) || Number.isNaN(value.getTime())) {
    throw argumentError("REVO_TIME_INVALID", path, "to be a valid Date", value);
  }
  if (value.getTime() < yearZeroMs) {
    throw argumentError("REVO_TIME_OUT_OF_RANGE", path, "not to be before the year 0", value);
  }
}
