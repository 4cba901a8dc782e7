import assert from "node:assert/strict";
import { enqueue, idsOf } from "../assertions.ts";
import { aJob, anAct, DAY_MS, someJobs, toSucceed, toRelease } from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aRequest, pagesOf } from "../finding.ts";
import { aServer } from "../server-driver.ts";

const enqueuedJobs = aRequest({ filter: { states: ["enqueued"], queues: ["default"] } });

export const pagingUnderChangeCases: readonly ConformanceCase[] = [
  {
    id: "paging/stable-under-removal",
    title: "jobs that leave between two pages make no other job be skipped or told twice",
    async run({ storage }) {
      const jobs = someJobs(20);
      await enqueue(storage, ...jobs);
      const first = await storage.monitor.find({ ...enqueuedJobs, limit: 8 });
      assert.ok(first.next);
      const told = idsOf(first.jobs);
      await storage.control.delete({ ...anAct(told.slice(0, 5)), retainMs: DAY_MS });

      const rest = await pagesOf(storage, { ...enqueuedJobs, limit: 8, after: first.next });

      const untold = idsOf(jobs).filter((id) => !told.includes(id));
      assert.deepEqual(rest.flat(), untold);
    },
  },
  {
    id: "paging/stable-under-loss-of-last",
    title: "the job at which a page ended may leave, and the next page goes on from its place",
    async run({ storage }) {
      const jobs = someJobs(12);
      await enqueue(storage, ...jobs);
      const first = await storage.monitor.find({ ...enqueuedJobs, limit: 5 });
      assert.ok(first.next);
      const last = first.jobs.at(-1);
      assert.ok(last);
      await storage.control.delete({ ...anAct([last.id]), retainMs: DAY_MS });

      const rest = await pagesOf(storage, { ...enqueuedJobs, limit: 5, after: first.next });

      assert.deepEqual(rest.flat(), idsOf(jobs).slice(5));
    },
  },
  {
    id: "paging/stable-under-claims",
    title: "claims between two pages make no waiting job be skipped or told twice",
    async run({ storage }) {
      const jobs = someJobs(20);
      await enqueue(storage, ...jobs);
      const first = await storage.monitor.find({ ...enqueuedJobs, limit: 8 });
      assert.ok(first.next);
      const server = await aServer(storage);
      await server.claim(6);

      const rest = await pagesOf(storage, { ...enqueuedJobs, limit: 8, after: first.next });

      assert.deepEqual(rest.flat(), idsOf(jobs).slice(8));
    },
  },
  {
    id: "paging/stable-under-arrivals",
    title: "jobs that come between two pages make no other job be told twice",
    async run({ storage, advance }) {
      const jobs = someJobs(20);
      await enqueue(storage, ...jobs);
      const first = await storage.monitor.find({ ...enqueuedJobs, limit: 8 });
      assert.ok(first.next);
      await advance(1000);
      const late = [aJob(), aJob({ priority: 0 })];
      await enqueue(storage, ...late);

      const rest = await pagesOf(storage, { ...enqueuedJobs, limit: 8, after: first.next });

      const old = rest.flat().filter((id) => !idsOf(late).includes(id));
      assert.deepEqual([...idsOf(first.jobs), ...old], idsOf(jobs));
    },
  },
  {
    id: "paging/finished-stable",
    title: "jobs that finish between two pages make no finished job be told twice",
    async run({ storage, advance }) {
      await enqueue(storage, ...someJobs(20));
      const server = await aServer(storage);
      const jobs = await server.claim(20);
      for (const job of jobs.slice(0, 12)) {
        await server.settle(job, toSucceed());
        await advance(1000);
      }
      const request = aRequest({ filter: { states: ["succeeded"] }, limit: 5 });
      const first = await storage.monitor.find(request);
      assert.ok(first.next);
      await server.settleAll(jobs.slice(12), toSucceed());

      const rest = await pagesOf(storage, { ...request, after: first.next });

      const told = [...idsOf(first.jobs), ...rest.flat()];
      assert.deepEqual(told, idsOf(jobs.slice(0, 12)).toReversed());
    },
  },
  {
    id: "paging/released-between",
    title:
      "pages of every size over released and waiting jobs of several bands tell every job once",
    async run({ storage, advance }) {
      const jobs = [5, 0, 5, 5, 9, 0, 5, 9].map((priority) => aJob({ priority }));
      for (const job of jobs) {
        await enqueue(storage, job);
        await advance(5);
      }
      const server = await aServer(storage);
      await server.settleAll(await server.claim(6), toRelease());
      const whole = await storage.monitor.find(enqueuedJobs);

      for (const limit of [1, 2, 3, 5, 7]) {
        const pages = await pagesOf(storage, { ...enqueuedJobs, limit });

        assert.deepEqual(pages.flat(), idsOf(whole.jobs), `pages of ${limit}`);
      }
      assert.deepEqual(idsOf(whole.jobs), idsOf(await server.claim()));
    },
  },
];
