/** What is counted for each queue and job type in each minute. */
export type MetricCounter = "claimed" | "succeeded" | "retried" | "failed" | "deleted" | "released";

/** What is measured: `wait`, from enqueued to claimed, and `run`, one attempt from start to end. */
export type MetricHistogram = "wait" | "run";

/** The counters in the order in which they stand in `MetricPoint.values`. Stored by adapters, so it only ever grows at the end. */
export const metricCounters: readonly MetricCounter[] = [
  "claimed",
  "succeeded",
  "retried",
  "failed",
  "deleted",
  "released",
];

/** Upper bounds of the buckets in milliseconds, included; one more bucket takes what is longer than the last. */
export const histogramBoundsMs: readonly number[] = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000,
  3_600_000,
];

const bucketCount = histogramBoundsMs.length + 1;
/** Buckets, then the sum in milliseconds. */
const histogramLength = bucketCount + 1;
const lastBoundMs = histogramBoundsMs.at(-1) ?? 0;

/** How many numbers `MetricPoint.values` has. */
export const metricSeriesLength: number = metricCounters.length + 2 * histogramLength;

const counterIndex: Readonly<Record<MetricCounter, number>> = {
  claimed: 0,
  succeeded: 1,
  retried: 2,
  failed: 3,
  deleted: 4,
  released: 5,
};

const histogramStart: Readonly<Record<MetricHistogram, number>> = {
  wait: metricCounters.length,
  run: metricCounters.length + histogramLength,
};

/** All zero. */
export function newMetricValues(): number[] {
  return new Array<number>(metricSeriesLength).fill(0);
}

/** Adds `by` to a counter. */
export function countMetric(values: number[], counter: MetricCounter, by = 1): void {
  addAt(values, counterIndex[counter], by);
}

/** Adds one observation to a histogram. A negative or unmeasurable duration counts as 0 ms. */
export function observeMetric(values: number[], histogram: MetricHistogram, ms: number): void {
  const duration = ms > 0 ? Math.min(ms, Number.MAX_SAFE_INTEGER) : 0;
  const start = histogramStart[histogram];
  addAt(values, start + bucketOf(duration), 1);
  addAt(values, start + bucketCount, duration);
}

/** Adds `values` to `into`, number by number. Values of another length (an older or newer core's) add what both have. */
export function addMetricValues(into: number[], values: readonly number[]): void {
  const length = Math.min(into.length, values.length);
  for (let i = 0; i < length; i++) addAt(into, i, values[i] ?? 0);
}

/** What a counter stands at. */
export function readCounter(values: readonly number[], counter: MetricCounter): number {
  return values[counterIndex[counter]] ?? 0;
}

/** A histogram taken out of a point's values. */
export interface HistogramValues {
  /** One number per bound of {@link histogramBoundsMs}, then one for what was longer. Not cumulative. */
  readonly buckets: readonly number[];
  readonly count: number;
  readonly sumMs: number;
}

/** Takes a histogram out of a point's values. */
export function readHistogram(
  values: readonly number[],
  histogram: MetricHistogram,
): HistogramValues {
  const start = histogramStart[histogram];
  const buckets = values.slice(start, start + bucketCount);
  while (buckets.length < bucketCount) buckets.push(0);
  return {
    buckets,
    count: buckets.reduce((sum, bucket) => sum + bucket, 0),
    sumMs: values[start + bucketCount] ?? 0,
  };
}

/**
 * The duration that the given share of observations did not exceed, interpolated within its bucket. What is longer than the
 * last bound reads as the last bound.
 * @param quantile 0..1, such as 0.95.
 * @returns Milliseconds; `null` when nothing was observed.
 */
export function quantileMs(
  values: readonly number[],
  histogram: MetricHistogram,
  quantile: number,
): number | null {
  const { buckets, count } = readHistogram(values, histogram);
  if (count === 0) return null;
  const rank = Math.min(Math.max(quantile, 0), 1) * count;
  let below = 0;
  for (const [index, bucket] of buckets.entries()) {
    if (bucket > 0 && below + bucket >= rank) {
      const lower = histogramBoundsMs[index - 1] ?? 0;
      const upper = histogramBoundsMs[index] ?? lastBoundMs;
      return lower + ((upper - lower) * (rank - below)) / bucket;
    }
    below += bucket;
  }
  return lastBoundMs;
}

function bucketOf(ms: number): number {
  let index = 0;
  while (index < histogramBoundsMs.length && ms > (histogramBoundsMs[index] ?? 0)) index++;
  return index;
}

function addAt(values: number[], index: number, by: number): void {
  values[index] = (values[index] ?? 0) + by;
}
