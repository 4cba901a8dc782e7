import { describe, expect, it } from "vitest";
import { readCounter, readHistogram } from "../../src/job/metric-series.ts";
import { MetricsRecorder } from "../../src/server/metrics-recorder.ts";
import type { MetricPoint } from "../../src/storage/metrics.ts";
import type { SettleOutcome } from "../../src/job/settle-outcome.ts";
import { anAttempt } from "./builders.ts";

const MINUTE_MS = 60_000;
const succeed: SettleOutcome = { kind: "succeed", retainMs: 0 };

function aRecorder(): { recorder: MetricsRecorder; now: { ms: number } } {
  const now = { ms: 0 };
  return { recorder: new MetricsRecorder(() => now.ms), now };
}

function record(
  recorder: MetricsRecorder,
  parts: { queue?: string; type?: string; outcome?: SettleOutcome; deleted?: boolean } = {},
): void {
  const { queue = "default", type = "work", outcome = succeed, deleted = false } = parts;
  const attempt = anAttempt({ queue, type, waitedMs: 40 });
  attempt.outcome = outcome;
  attempt.startedMs = 0;
  attempt.runMs = 7;
  recorder.record(attempt, deleted);
}

/** Minute, queue, type and successes of each point. */
const shown = (points: readonly MetricPoint[]): readonly string[] =>
  points.map(
    ({ minute, queue, type, values }) =>
      `${minute.getTime() / MINUTE_MS} ${queue} ${type} ${readCounter(values, "succeeded")}`,
  );

describe("MetricsRecorder", () => {
  it("has nothing to tell before anything was recorded", () => {
    expect(aRecorder().recorder.unsent()).toEqual([]);
  });

  it("counts each kind of end, waits and runs", () => {
    const { recorder } = aRecorder();
    const error = { fingerprint: "f", text: "{}" };
    record(recorder);
    record(recorder, { outcome: { kind: "retry", delayMs: 1, error } });
    record(recorder, { outcome: { kind: "fail", retainMs: 1, reason: "attempts", error } });
    record(recorder, {
      outcome: { kind: "release", delayMs: 0, refundAttempt: true, reason: "shutdown" },
    });
    record(recorder, { outcome: { kind: "retry", delayMs: 1, error }, deleted: true });

    const [point] = recorder.unsent();

    const values = point?.values ?? [];
    const counters = ["claimed", "succeeded", "retried", "failed", "released", "deleted"] as const;
    expect(counters.map((counter) => readCounter(values, counter))).toEqual([5, 1, 1, 1, 1, 1]);
    expect(readHistogram(values, "wait")).toMatchObject({ count: 5, sumMs: 200 });
    expect(readHistogram(values, "run")).toMatchObject({ count: 5, sumMs: 35 });
  });

  it("counts no run for an attempt that never began", () => {
    const { recorder } = aRecorder();
    const attempt = anAttempt();
    attempt.outcome = { kind: "release", delayMs: 0, refundAttempt: true, reason: "shutdown" };

    recorder.record(attempt, false);

    expect(readHistogram(recorder.unsent()[0]?.values ?? [], "run").count).toBe(0);
  });

  it("keeps minutes, queues and types apart", () => {
    const { recorder, now } = aRecorder();
    record(recorder);
    record(recorder, { queue: "mail" });
    record(recorder, { type: "other" });
    now.ms = MINUTE_MS;
    record(recorder);

    expect(shown(recorder.unsent())).toEqual([
      "0 default work 1",
      "0 default other 1",
      "0 mail work 1",
      "1 default work 1",
    ]);
  });

  it("tells totals again and again until a minute is over and stored", () => {
    const { recorder, now } = aRecorder();
    record(recorder);
    const first = shown(recorder.unsent());
    recorder.stored();
    record(recorder);
    const second = shown(recorder.unsent());
    recorder.stored();
    now.ms = MINUTE_MS;
    record(recorder);
    const third = shown(recorder.unsent());
    recorder.stored();
    record(recorder);
    const fourth = shown(recorder.unsent());

    expect([first, second, third, fourth]).toEqual([
      ["0 default work 1"],
      ["0 default work 2"],
      ["0 default work 2", "1 default work 1"],
      ["1 default work 2"],
    ]);
  });

  it("has nothing to tell while nothing changed", () => {
    const { recorder } = aRecorder();
    record(recorder);
    recorder.unsent();
    recorder.stored();

    expect(recorder.unsent()).toEqual([]);
  });

  it("tells again what could not be stored", () => {
    const { recorder } = aRecorder();
    record(recorder);
    recorder.unsent();

    recorder.failed();

    expect(shown(recorder.unsent())).toEqual(["0 default work 1"]);
  });

  it("loses nothing that was recorded while a minute that then ended was being stored", () => {
    const { recorder, now } = aRecorder();
    record(recorder);
    recorder.unsent();
    record(recorder);
    now.ms = MINUTE_MS;
    recorder.stored();

    record(recorder);

    expect(shown(recorder.unsent())).toEqual(["0 default work 2", "1 default work 1"]);
  });

  it("gives out values that later records do not change", () => {
    const { recorder } = aRecorder();
    record(recorder);
    const points = recorder.unsent();

    record(recorder);

    expect(shown(points)).toEqual(["0 default work 1"]);
  });

  it("goes on in the same minute when the storage's clock goes back", () => {
    const { recorder, now } = aRecorder();
    now.ms = 5 * MINUTE_MS;
    record(recorder);
    now.ms = 2 * MINUTE_MS;
    record(recorder);

    expect(shown(recorder.unsent())).toEqual(["5 default work 2"]);
  });
});
