import assert from "node:assert/strict";
import type { IJobMetrics, IJobStorage, MetricPoint } from "@revojs/core";
import { nowOf } from "../assertions.ts";
import { anId, HOUR_MS, MINUTE_MS } from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";

export const metricsCases: readonly ConformanceCase[] = [
  {
    id: "metrics/put-read",
    title: "what was put is read",
    needs: ["facet:metrics"],
    async run({ storage }) {
      const minute = await thisMinute(storage);
      await metricsOf(storage).put(anId(), [aPoint(minute, { values: [3, 0, 1.5] })]);

      const points = await readHour(storage, minute);

      assert.deepEqual(
        points.map((point) => point.values),
        [[3, 0, 1.5]],
      );
      assert.equal(points[0]?.minute.getTime(), minute);
    },
  },
  {
    id: "metrics/repeat",
    title: "totals put again and again overwrite: nothing counts twice",
    needs: ["facet:metrics"],
    async run({ storage }) {
      const minute = await thisMinute(storage);
      const serverId = anId();
      await metricsOf(storage).put(serverId, [aPoint(minute, { values: [1, 1] })]);
      await metricsOf(storage).put(serverId, [aPoint(minute, { values: [4, 2] })]);
      await metricsOf(storage).put(serverId, [aPoint(minute, { values: [4, 2] })]);

      const points = await readHour(storage, minute);

      assert.deepEqual(
        points.map((point) => point.values),
        [[4, 2]],
      );
    },
  },
  {
    id: "metrics/servers",
    title: "the totals of several servers are added, element by element",
    needs: ["facet:metrics"],
    async run({ storage }) {
      const minute = await thisMinute(storage);
      await metricsOf(storage).put(anId(), [aPoint(minute, { values: [1, 10] })]);
      await metricsOf(storage).put(anId(), [aPoint(minute, { values: [2, 20] })]);

      const points = await readHour(storage, minute);

      assert.deepEqual(
        points.map((point) => point.values),
        [[3, 30]],
      );
    },
  },
  {
    id: "metrics/group-by",
    title: "points are grouped by queue, by type or not at all",
    needs: ["facet:metrics"],
    async run({ storage }) {
      const minute = await thisMinute(storage);
      await metricsOf(storage).put(anId(), [
        aPoint(minute, { queue: "a", type: "x", values: [1] }),
        aPoint(minute, { queue: "a", type: "y", values: [2] }),
        aPoint(minute, { queue: "b", type: "x", values: [4] }),
      ]);

      const byQueue = await readHour(storage, minute, { groupBy: "queue" });
      const byType = await readHour(storage, minute, { groupBy: "type" });
      const all = await readHour(storage, minute, { groupBy: "none" });

      assert.deepEqual(
        totals(byQueue, "queue"),
        new Map([
          ["a", 3],
          ["b", 4],
        ]),
      );
      assert.deepEqual(
        totals(byType, "type"),
        new Map([
          ["x", 5],
          ["y", 2],
        ]),
      );
      assert.deepEqual(
        all.map((point) => point.values),
        [[7]],
      );
    },
  },
  {
    id: "metrics/step",
    title: "minutes are rounded down to the step and added",
    needs: ["facet:metrics"],
    async run({ storage }) {
      const hour = Math.floor((await nowOf(storage)) / HOUR_MS) * HOUR_MS;
      const minutes = [0, 4, 5, 11].map((minute) => hour + minute * MINUTE_MS);
      await metricsOf(storage).put(
        anId(),
        minutes.map((minute) => aPoint(minute, { values: [1] })),
      );

      const points = await readHour(storage, hour, { stepMs: 5 * MINUTE_MS });

      const told = points
        .map((point) => [point.minute.getTime() - hour, point.values[0]])
        .toSorted(([a], [b]) => (a ?? 0) - (b ?? 0));
      assert.deepEqual(told, [
        [0, 2],
        [5 * MINUTE_MS, 1],
        [10 * MINUTE_MS, 1],
      ]);
    },
  },
  {
    id: "metrics/range",
    title: "only the minutes asked for are read",
    needs: ["facet:metrics"],
    async run({ storage }) {
      const minute = await thisMinute(storage);
      await metricsOf(storage).put(anId(), [
        aPoint(minute - 2 * HOUR_MS, { values: [1] }),
        aPoint(minute, { values: [2] }),
      ]);

      const points = await readHour(storage, minute);

      assert.deepEqual(
        points.map((point) => point.values),
        [[2]],
      );
    },
  },
  {
    id: "metrics/nothing",
    title: "a time without totals has no points, and putting none does nothing",
    needs: ["facet:metrics"],
    async run({ storage }) {
      await metricsOf(storage).put(anId(), []);

      assert.deepEqual(await readHour(storage, await thisMinute(storage)), []);
    },
  },
  {
    id: "metrics/from-included",
    title: "the minute at which the time asked for begins is read",
    needs: ["facet:metrics"],
    async run({ storage }) {
      const minute = await thisMinute(storage);
      await metricsOf(storage).put(anId(), [aPoint(minute)]);

      const points = await readHour(storage, minute, { from: new Date(minute) });

      assert.equal(points.length, 1);
    },
  },
];

function aPoint(minute: number, overrides: Partial<Omit<MetricPoint, "minute">> = {}): MetricPoint {
  return { queue: "default", type: "send", values: [1], ...overrides, minute: new Date(minute) };
}

async function thisMinute(storage: IJobStorage<unknown>): Promise<number> {
  return Math.floor((await nowOf(storage)) / MINUTE_MS) * MINUTE_MS;
}

function readHour(
  storage: IJobStorage<unknown>,
  minute: number,
  overrides: Partial<Parameters<IJobMetrics["read"]>[0]> = {},
): Promise<readonly MetricPoint[]> {
  return metricsOf(storage).read({
    from: new Date(minute - MINUTE_MS),
    to: new Date(minute + HOUR_MS),
    stepMs: MINUTE_MS,
    groupBy: "none",
    ...overrides,
  });
}

function metricsOf(storage: IJobStorage<unknown>): IJobMetrics {
  assert.ok(storage.metrics);
  return storage.metrics;
}

function totals(points: readonly MetricPoint[], of: "queue" | "type"): unknown {
  return new Map(points.map((point) => [point[of], point.values[0]]));
}
