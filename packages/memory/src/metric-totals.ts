import type { IJobMetrics, MetricPoint } from "@revojs/core";

type ReadRequest = Parameters<IJobMetrics["read"]>[0];

/** A minute older than this is forgotten. */
const KEPT_MS = 24 * 60 * 60 * 1000;
/** Most points kept; of more, the earliest minutes are forgotten. */
const MOST_KEPT = 100_000;
/** Most points of one answer. */
const MOST_READ = 10_000;

interface Total {
  readonly queue: string;
  readonly type: string;
  readonly values: readonly number[];
}

/** The servers' totals of each minute. Put again they replace what was there, so a repeat counts nothing twice. */
export class MetricTotals {
  /** By minute, then by server, queue and type. */
  readonly #minutes = new Map<number, Map<string, Total>>();
  #size = 0;

  put(serverId: string, points: readonly MetricPoint[]): void {
    for (const { minute, queue, type, values } of points) {
      const minuteMs = minute.getTime();
      const totals = this.#minutes.get(minuteMs) ?? new Map<string, Total>();
      this.#minutes.set(minuteMs, totals);
      const before = totals.size;
      totals.set(JSON.stringify([serverId, queue, type]), { queue, type, values: [...values] });
      this.#size += totals.size - before;
    }
    while (this.#size > MOST_KEPT) this.#forget(Math.min(...this.#minutes.keys()));
  }

  /** Summed over the servers, earliest minute first, then by queue and type. */
  read(request: ReadRequest): readonly MetricPoint[] {
    const sums = new Map<
      string,
      { minuteMs: number; queue: string; type: string; values: number[] }
    >();
    for (const [minuteMs, totals] of this.#minutes) {
      if (minuteMs < request.from.getTime() || minuteMs >= request.to.getTime()) continue;
      for (const total of totals.values()) {
        const group = {
          minuteMs: Math.floor(minuteMs / request.stepMs) * request.stepMs,
          queue: request.groupBy === "queue" ? total.queue : "",
          type: request.groupBy === "type" ? total.type : "",
        };
        const key = JSON.stringify(group);
        const sum = sums.get(key) ?? { ...group, values: [] };
        sums.set(key, sum);
        addTo(sum.values, total.values);
      }
    }
    return [...sums.values()]
      .toSorted(
        (one, other) =>
          one.minuteMs - other.minuteMs ||
          order(one.queue, other.queue) ||
          order(one.type, other.type),
      )
      .slice(0, MOST_READ)
      .map(({ minuteMs, queue, type, values }) => ({
        minute: new Date(minuteMs),
        queue,
        type,
        values,
      }));
  }

  /** Forgets old minutes until about `limit` points are gone. @returns How many are. */
  prune(limit: number, nowMs: number): number {
    let removed = 0;
    for (const minuteMs of this.#minutes.keys()) {
      if (removed >= limit) break;
      if (minuteMs + KEPT_MS <= nowMs) removed += this.#forget(minuteMs);
    }
    return removed;
  }

  /** Takes over all of `source`; totals are never changed, so both can hold them. */
  restore(source: MetricTotals): void {
    for (const [minuteMs, totals] of source.#minutes) this.#minutes.set(minuteMs, new Map(totals));
    this.#size = source.#size;
  }

  #forget(minuteMs: number): number {
    const size = this.#minutes.get(minuteMs)?.size ?? 0;
    this.#minutes.delete(minuteMs);
    this.#size -= size;
    return size;
  }
}

function addTo(sums: number[], values: readonly number[]): void {
  for (const [index, value] of values.entries()) sums[index] = (sums[index] ?? 0) + value;
}

function order(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
