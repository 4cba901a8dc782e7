import assert from "node:assert/strict";
import type { JobId } from "@revojs/core";
import { assertRefused, assertSameItems, enqueue, idsOf } from "../assertions.ts";
import { aJob, aJobIn, anAct, DAY_MS, HOUR_MS, someJobs, toSucceed } from "../builders.ts";
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
    id: "paging/plane-spread",
    title: "pages of jobs that started and finished one after another tell each once, in order",
    async run({ storage, advance }) {
      const jobs = someJobs(12);
      // Claimed the other way round, so that no order of ids helps.
      for (const job of jobs.toReversed()) {
        await enqueue(storage, job);
        await advance(5);
      }
      const server = await aServer(storage);
      const started: JobId[] = [];
      for (let claim = 0; claim < jobs.length; claim++) {
        started.push((await server.claimOne({ token: `${claim + 1}` })).id);
        await advance(5);
      }
      const processing = aRequest({ filter: { states: ["processing"] }, limit: 5 });

      const startedPages = await pagesOf(storage, processing);
      for (const [index, id] of started.entries()) {
        const outcome = toSucceed();
        await server.exchange({ settle: [{ jobId: id, token: `${index + 1}`, outcome }] });
        await advance(5);
      }
      const succeeded = aRequest({ filter: { states: ["succeeded"] }, limit: 5 });
      const finishedPages = await pagesOf(storage, succeeded);

      assert.deepEqual(startedPages.flat(), started);
      assert.deepEqual(finishedPages.flat(), started.toReversed());
    },
  },
];
