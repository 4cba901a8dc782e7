import assert from "node:assert/strict";
import type { JobId } from "@revojs/core";
import { enqueue, idsOf } from "../assertions.ts";
import { aJob, aJobIn, HOUR_MS, MINUTE_MS, someJobs, toSucceed } from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { found, oneOfEach } from "../finding.ts";
import { aServer } from "../server-driver.ts";

export const findOrderCases: readonly ConformanceCase[] = [
  {
    id: "find/natural-enqueued",
    title: "the natural order of enqueued jobs of a queue is the order of claim",
    async run({ storage, advance }) {
      for (const priority of [5, 1, 5, 0]) {
        await enqueue(storage, aJob({ priority }));
        await advance(5);
      }

      const ids = await found(storage, { states: ["enqueued"], queues: ["default"] });

      const server = await aServer(storage);
      assert.deepEqual(ids, idsOf(await server.claim()));
    },
  },
  {
    id: "find/natural-scheduled",
    title: "the natural order of scheduled jobs is the order of their times",
    async run({ storage }) {
      const jobs = [3, 1, 2].map((hours) => aJobIn(hours * HOUR_MS));
      await enqueue(storage, ...jobs);

      const ids = await found(storage, { states: ["scheduled"] });

      assert.deepEqual(ids, [jobs[1]?.id, jobs[2]?.id, jobs[0]?.id]);
    },
  },
  {
    id: "find/natural-processing",
    title: "the natural order of processing jobs is the order of their start",
    async run({ storage, advance }) {
      await enqueue(storage, ...someJobs(3));
      const server = await aServer(storage);
      const started: JobId[] = [];
      for (let claim = 0; claim < 3; claim++) {
        started.push((await server.claimOne()).id);
        await advance(MINUTE_MS);
      }

      assert.deepEqual(await found(storage, { states: ["processing"] }), started);
    },
  },
  {
    id: "find/natural-finished",
    title: "the natural order of finished jobs is the latest first",
    async run({ storage, advance }) {
      await enqueue(storage, ...someJobs(3));
      const server = await aServer(storage);
      const jobs = await server.claim(3);
      for (const job of jobs) {
        await server.settle(job, toSucceed());
        await advance(MINUTE_MS);
      }

      const ids = await found(storage, { states: ["succeeded"] });

      assert.deepEqual(ids, idsOf(jobs).toReversed());
    },
  },
  {
    id: "find/natural-mixed",
    title: "the natural order over several states is the newest id first",
    async run({ storage }) {
      const byState = await oneOfEach(storage);

      const ids = await found(storage, {});

      assert.deepEqual(ids, [...byState.values()].toSorted().toReversed());
    },
  },
  ...(["newest", "oldest"] as const).map(
    (order): ConformanceCase => ({
      id: `find/order-${order}`,
      title: `jobs are told ${order} id first where asked for`,
      needs: [`order:${order}`],
      async run({ storage }) {
        const jobs = [aJob({ priority: 9 }), aJobIn(HOUR_MS), aJob({ priority: 0 })];
        await enqueue(storage, ...jobs);

        const ids = await found(storage, {}, { order });

        const oldest = idsOf(jobs);
        assert.deepEqual(ids, order === "oldest" ? oldest : oldest.toReversed());
      },
    }),
  ),
];
