import { describe, expect, it } from "vitest";
import {
  addMetricValues,
  countMetric,
  histogramBoundsMs,
  metricCounters,
  metricSeriesLength,
  newMetricValues,
  observeMetric,
  quantileMs,
  readCounter,
  readHistogram,
} from "../../src/job/metric-series.ts";

describe("the metric series", () => {
  it("has a fixed layout: counters, then each histogram's buckets with the sum behind them", () => {
    const values = newMetricValues();

    countMetric(values, "claimed");
    countMetric(values, "released", 3);
    observeMetric(values, "wait", 1);
    observeMetric(values, "run", 2);

    const histogram = histogramBoundsMs.length + 2;
    expect(values).toHaveLength(metricSeriesLength);
    expect(metricSeriesLength).toBe(metricCounters.length + 2 * histogram);
    expect([values[0], values[5], values[6]]).toEqual([1, 3, 1]);
    expect([values[6 + histogram - 1], values[6 + histogram + 1]]).toEqual([1, 1]);
    expect(values.at(-1)).toBe(2);
  });

  it("reads a counter as it was counted", () => {
    const values = newMetricValues();
    for (const [index, counter] of metricCounters.entries()) countMetric(values, counter, index);

    const read = metricCounters.map((counter) => readCounter(values, counter));

    expect(read).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it.each([
    [0, 0],
    [1, 0],
    [1.5, 1],
    [2, 1],
    [100, 6],
    [3_600_000, 17],
    [3_600_001, 18],
    [-5, 0],
    [Number.NaN, 0],
  ])("puts %d ms into bucket %d, whose bound is included", (ms, bucket) => {
    const values = newMetricValues();

    observeMetric(values, "wait", ms);

    const { buckets, count } = readHistogram(values, "wait");
    expect(buckets.indexOf(1)).toBe(bucket);
    expect(count).toBe(1);
  });

  it("adds servers and minutes number by number, so quantiles come from summed buckets", () => {
    const first = newMetricValues();
    const second = newMetricValues();
    for (let i = 0; i < 90; i++) observeMetric(first, "run", 10);
    for (let i = 0; i < 10; i++) observeMetric(second, "run", 1_000);

    addMetricValues(first, second);

    expect(readHistogram(first, "run")).toMatchObject({ count: 100, sumMs: 10_900 });
    expect(quantileMs(first, "run", 0.5)).toBeLessThanOrEqual(10);
    expect(quantileMs(first, "run", 0.95)).toBeGreaterThan(500);
  });

  it("interpolates a quantile within its bucket, and reads what is off the scale as its end", () => {
    const within = newMetricValues();
    const beyond = newMetricValues();
    for (let i = 0; i < 4; i++) observeMetric(within, "wait", 15);
    observeMetric(beyond, "wait", 10_000_000);

    expect(quantileMs(within, "wait", 0.5)).toBe(15);
    expect(quantileMs(within, "wait", 1)).toBe(20);
    expect(quantileMs(beyond, "wait", 0.5)).toBe(3_600_000);
    expect(quantileMs(newMetricValues(), "wait", 0.5)).toBeNull();
  });

  it("takes what it knows of a longer or a shorter series", () => {
    const into = newMetricValues();

    addMetricValues(into, [1, 2]);
    addMetricValues(into, [...newMetricValues(), 7]);

    expect(into).toHaveLength(metricSeriesLength);
    expect(readCounter(into, "succeeded")).toBe(2);
    expect(readHistogram([1, 2], "run")).toMatchObject({ count: 0, sumMs: 0 });
  });
});
