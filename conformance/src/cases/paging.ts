import assert from "node:assert/strict";
import type { JobId } from "@revojs/core";
import { assertRefused, assertSameItems, enqueue, idsOf } from "../assertions.ts";
import {
  aJob,
  aJobIn,
  anAct,
  DAY_MS,
  HOUR_MS,
  someJobs,
  toSucceed,
  toRelease,
} from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aRequest, pagesOf } from "../finding.ts";
import { aServer } from "../server-driver.ts";

const enqueuedJobs = aRequest({ filter: { states: ["enqueued"], queues: ["default"] } });

export const pagingCases: readonly ConformanceCase[] = [
  ...(["ids", "summary", "full"] as const).map(
    (detail): ConformanceCase => ({
      id: `paging/detail-${detail}`,
      title: `detail \`${detail}\` fills what it says`,
      async run({ storage }) {
        const job = aJob({ payload: '"p"', envelope: '"e"', tags: ["eu"], priority: 3 });
        await enqueue(storage, job);

        const { jobs } = await storage.monitor.find({ ...enqueuedJobs, detail });

        const [record] = jobs;
        assert.equal(record?.id, job.id);
        assert.equal(record.state, "enqueued");
        if (detail === "ids") return;
        assert.equal(record.type, job.type);
        assert.equal(record.queue, job.queue);
        assert.equal(record.priority, 3);
        assert.deepEqual(record.tags, ["eu"]);
        assert.ok(record.createdAt instanceof Date);
        const texts = detail === "full" ? { payload: '"p"', envelope: '"e"' } : undefined;
        assert.deepEqual(record.texts, texts);
      },
    }),
  ),
  {
    id: "paging/full-is-get",
    title: "a record found in full detail is the record that `get` answers",
    async run({ storage }) {
      await enqueue(storage, ...someJobs(3));
      const server = await aServer(storage);
      await server.settle(await server.claimOne(), toSucceed({ result: "1" }));

      const { jobs } = await storage.monitor.find(aRequest({ filter: {}, detail: "full" }));

      assert.equal(jobs.length, 3);
      assert.deepEqual(jobs, await storage.monitor.get(idsOf(jobs)));
    },
  },
  {
    id: "paging/all-once",
    title: "pages together tell every job once, in the order of one great page",
    async run({ storage }) {
      await enqueue(storage, ...someJobs(25));
      const whole = await storage.monitor.find(enqueuedJobs);

      const pages = await pagesOf(storage, { ...enqueuedJobs, limit: 4 });

      assert.ok(pages.every((page) => page.length <= 4));
      assert.deepEqual(pages.flat(), idsOf(whole.jobs));
      assert.equal(whole.next, null);
    },
  },
  {
    id: "paging/exact-page",
    title: "a page that holds exactly the rest is followed by nothing",
    async run({ storage }) {
      await enqueue(storage, ...someJobs(4));

      const pages = await pagesOf(storage, { ...enqueuedJobs, limit: 4 });

      assert.equal(pages.flat().length, 4);
      assert.ok(pages.length <= 2, "at most an empty page may follow");
    },
  },
  {
    id: "paging/empty",
    title: "a store without matches answers an empty page without a cursor",
    async run({ storage }) {
      const page = await storage.monitor.find(enqueuedJobs);

      assert.deepEqual(page.jobs, []);
      assert.equal(page.next, null);
    },
  },
  ...(["enqueued", "scheduled", "processing", "succeeded"] as const).map(
    (state): ConformanceCase => ({
      id: `paging/plane-${state}`,
      title: `pages of ${state} jobs at one instant tell every job once`,
      async run({ storage }) {
        const jobs =
          state === "scheduled"
            ? someJobs(15, { start: { kind: "delay", delayMs: HOUR_MS } })
            : someJobs(15);
        await enqueue(storage, ...jobs);
        const server = await aServer(storage);
        if (state === "processing" || state === "succeeded") {
          const held = await server.claim(15);
          if (state === "succeeded") await server.settleAll(held, toSucceed());
        }

        const pages = await pagesOf(storage, aRequest({ filter: { states: [state] }, limit: 4 }));

        assert.equal(pages.flat().length, 15);
        assertSameItems(pages.flat(), idsOf(jobs));
      },
    }),
  ),
  {
    id: "paging/mixed-states",
    title: "pages over several states tell every job once",
    async run({ storage }) {
      const [waiting, later] = [
        someJobs(7),
        someJobs(6).map((job) => aJobIn(HOUR_MS, { id: job.id })),
      ];
      await enqueue(storage, ...waiting, ...later);
      const server = await aServer(storage);
      await server.claim(3);

      const pages = await pagesOf(storage, aRequest({ filter: {}, limit: 2 }));

      assertSameItems(pages.flat(), idsOf([...waiting, ...later]));
      assert.equal(new Set(pages.flat()).size, 13);
    },
  },
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
    id: "paging/scan-limit",
    title: "a page looks at no more than `scanLimit` rows, and the cursor goes on from there",
    async run({ storage }) {
      const [common, rare] = [someJobs(30, { queue: "a" }), someJobs(3, { queue: "b" })];
      await enqueue(storage, ...common.slice(0, 15), ...rare, ...common.slice(15));
      const request = aRequest({ filter: { queues: ["b"] }, limit: 5, scanLimit: 5 });

      const ids: JobId[] = [];
      let page = await storage.monitor.find(request);
      for (;;) {
        assert.ok(page.scanned <= 5, `looked at ${page.scanned} rows`);
        ids.push(...idsOf(page.jobs));
        if (page.next === null) break;
        page = await storage.monitor.find({ ...request, after: page.next });
      }

      assertSameItems(ids, idsOf(rare));
    },
  },
  {
    id: "paging/cursor-invalid",
    title: "a cursor that the storage did not make is refused with REVO_CURSOR_INVALID",
    async run({ storage }) {
      await enqueue(storage, ...someJobs(3));

      for (const after of ["", "nonsense", "{}", "'; --", "AAAA", "0", "\u017e"]) {
        await assertRefused(
          () => storage.monitor.find({ ...enqueuedJobs, after }),
          "REVO_CURSOR_INVALID",
        );
      }
    },
  },
  ...(["newest", "oldest"] as const).map(
    (order): ConformanceCase => ({
      id: `paging/order-${order}`,
      title: `pages by ${order} id tell every job once, jobs that leave between them or not`,
      needs: [`order:${order}`],
      async run({ storage }) {
        const jobs = someJobs(20);
        // The other way round, so that no order of storing helps.
        for (const job of jobs.toReversed()) await enqueue(storage, job);
        const request = aRequest({ filter: {}, order, limit: 6 });
        const first = await storage.monitor.find(request);
        assert.ok(first.next);
        const last = first.jobs.at(-1);
        assert.ok(last);
        await storage.control.delete({ ...anAct([last.id]), retainMs: DAY_MS });

        const rest = await pagesOf(storage, { ...request, after: first.next });

        const oldest = idsOf(jobs);
        assert.deepEqual(
          [...idsOf(first.jobs), ...rest.flat()],
          order === "oldest" ? oldest : oldest.toReversed(),
        );
      },
    }),
  ),
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
