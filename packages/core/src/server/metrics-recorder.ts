import type { SettleOutcome } from "../job/settle-outcome.ts";
import {
  countMetric,
  newMetricValues,
  observeMetric,
  type MetricCounter,
} from "../job/metric-series.ts";
import type { MetricPoint } from "../storage/metrics.ts";
import type { Attempt } from "./attempt.ts";

const MINUTE_MS = 60_000;

interface Minute {
  readonly startMs: number;
  readonly byQueue: Map<string, Map<string, number[]>>;
}

const counterOf: Readonly<Record<SettleOutcome["kind"], MetricCounter>> = {
  succeed: "succeeded",
  retry: "retried",
  fail: "failed",
  release: "released",
  delete: "deleted",
};

/**
 * Counts attempts per minute, queue and type in memory. `unsent` gives absolute totals, again and again until a minute is
 * over, so that a repeat overwrites and nothing counts twice.
 */
export class MetricsRecorder {
  readonly #storageNowMs: () => number;
  readonly #minutes: Minute[] = [];
  #changed = false;
  /** Minutes before this one were over when they were last given out. */
  #overBeforeMs = Number.NEGATIVE_INFINITY;

  /** @param storageNowMs The storage's wall clock as far as it is known: minutes are the storage's. */
  constructor(storageNowMs: () => number) {
    this.#storageNowMs = storageNowMs;
  }

  /** A settled attempt. `deleted`: the storage stored it as such. */
  record(attempt: Attempt, deleted: boolean): void {
    if (attempt.outcome === null) return;
    const values = this.#valuesOf(attempt.job.queue, attempt.job.type);
    countMetric(values, "claimed");
    countMetric(values, deleted ? "deleted" : counterOf[attempt.outcome.kind]);
    observeMetric(values, "wait", attempt.job.waitedMs);
    if (attempt.startedMs >= 0) observeMetric(values, "run", attempt.runMs);
    this.#changed = true;
  }

  /** Totals that the storage has not seen; empty when nothing changed. */
  unsent(): readonly MetricPoint[] {
    if (!this.#changed) return [];
    this.#changed = false;
    this.#overBeforeMs = this.#currentMinuteMs();
    return this.#minutes.flatMap(({ startMs, byQueue }) =>
      [...byQueue].flatMap(([queue, byType]) =>
        [...byType].map(([type, values]) => ({
          minute: new Date(startMs),
          queue,
          type,
          values: [...values],
        })),
      ),
    );
  }

  /** The points were stored: minutes that were over then will not change any more. */
  stored(): void {
    const overBeforeMs = this.#overBeforeMs;
    while ((this.#minutes[0]?.startMs ?? overBeforeMs) < overBeforeMs) this.#minutes.shift();
  }

  /** They were not: they go with the next ones. */
  failed(): void {
    this.#changed = true;
  }

  #valuesOf(queue: string, type: string): number[] {
    const minute = this.#minute();
    let byType = minute.byQueue.get(queue);
    if (byType === undefined) minute.byQueue.set(queue, (byType = new Map()));
    let values = byType.get(type);
    if (values === undefined) byType.set(type, (values = newMetricValues()));
    return values;
  }

  #minute(): Minute {
    const startMs = this.#currentMinuteMs();
    const last = this.#minutes.at(-1);
    if (last !== undefined && last.startMs >= startMs) return last;
    const minute: Minute = { startMs, byQueue: new Map() };
    this.#minutes.push(minute);
    return minute;
  }

  #currentMinuteMs(): number {
    return Math.floor(this.#storageNowMs() / MINUTE_MS) * MINUTE_MS;
  }
}
