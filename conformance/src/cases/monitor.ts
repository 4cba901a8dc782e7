import assert from "node:assert/strict";
import { assertElapsed, enqueue, idsOf, recordOf } from "../assertions.ts";
import {
  aJob,
  aJobIn,
  anId,
  aUniqueJob,
  HOUR_MS,
  MINUTE_MS,
  someJobs,
  toFail,
  toSucceed,
} from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer } from "../server-driver.ts";

const counts = { scheduled: 0, enqueued: 0, awaiting: 0, throttled: 0, processing: 0 };

export const monitorCases: readonly ConformanceCase[] = [
  {
    id: "monitor/get",
    title: "`get` answers one record per id in order, `null` for what is not there",
    async run({ storage }) {
      const [a, b] = [aJob(), aJob()];
      await enqueue(storage, a, b);

      const records = await storage.monitor.get([b.id, anId(), a.id, b.id]);

      assert.deepEqual(
        records.map((record) => record?.id ?? null),
        [b.id, null, a.id, b.id],
      );
    },
  },
  {
    id: "monitor/get-after-write",
    title: "`get` of another client shows a change as soon as it was answered",
    async run({ storage, second }) {
      const other = await second();
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();

      await server.settle(job, toSucceed());

      assert.equal((await recordOf(other, job.id)).state, "succeeded");
    },
  },
  {
    id: "monitor/get-many",
    title: "`get` takes a batch of the greatest size",
    async run({ storage }) {
      const jobs = someJobs(Math.min(storage.capabilities.maxBatch, 1000));
      await enqueue(storage, ...jobs);

      const records = await storage.monitor.get(idsOf(jobs).toReversed());

      assert.deepEqual(
        records.map((record) => record?.id),
        idsOf(jobs).toReversed(),
      );
    },
  },
  {
    id: "monitor/unique-key",
    title: "a record shows the unique key of its job",
    async run({ storage }) {
      const job = aUniqueJob({ key: "k-1" });
      await enqueue(storage, job);

      assert.equal((await recordOf(storage, job.id)).uniqueKey, "k-1");
    },
  },
  {
    id: "monitor/record-is-data",
    title: "changing a record that was read changes nothing that is stored",
    async run({ storage }) {
      const job = aJob({ tags: ["eu"] });
      await enqueue(storage, job);
      const record = await recordOf(storage, job.id);

      (record as { state: string }).state = "succeeded";
      record.createdAt.setTime(0);

      const again = await recordOf(storage, job.id);
      assert.equal(again.state, "enqueued");
      assert.notEqual(again.createdAt.getTime(), 0);
    },
  },
  {
    id: "monitor/queues",
    title: "every queue with jobs is listed by name with its counts",
    async run({ storage }) {
      await enqueue(
        storage,
        aJob({ queue: "b" }),
        aJob({ queue: "b" }),
        aJob({ queue: "b" }),
        aJobIn(HOUR_MS, { queue: "b" }),
        aJobIn(HOUR_MS, { queue: "a" }),
      );
      const server = await aServer(storage);
      await server.claimOne({ queues: ["b"] });

      const queues = await storage.monitor.queues();

      assert.deepEqual(
        queues.map(({ queue, counts: told }) => ({ queue, counts: told })),
        [
          { queue: "a", counts: { ...counts, scheduled: 1 } },
          { queue: "b", counts: { ...counts, scheduled: 1, enqueued: 2, processing: 1 } },
        ],
      );
    },
  },
  {
    id: "monitor/queues-wait",
    title: "a queue tells how long its oldest enqueued job has waited, by the storage's clock",
    async run({ storage, advance, slackMs }) {
      await enqueue(storage, aJob({ queue: "a" }));
      await advance(10 * MINUTE_MS);
      await enqueue(storage, aJob({ queue: "a" }), aJobIn(HOUR_MS, { queue: "b" }));

      const [a, b] = await storage.monitor.queues();

      assertElapsed(a?.oldestWaitMs ?? null, 10 * MINUTE_MS, slackMs);
      assert.equal(b?.oldestWaitMs, null);
    },
  },
  {
    id: "monitor/queues-paused",
    title: "a paused queue is listed although it has no jobs",
    async run({ storage }) {
      await storage.control.pauseQueue({ queue: "empty", actor: "alice", reason: "no need" });

      const queues = await storage.monitor.queues();

      assert.deepEqual(
        queues.map((queue) => [queue.queue, queue.counts, queue.oldestWaitMs]),
        [["empty", counts, null]],
      );
    },
  },
  {
    id: "monitor/queues-none",
    title: "an empty store has no queues and no servers",
    async run({ storage }) {
      assert.deepEqual(await storage.monitor.queues(), []);
      assert.deepEqual(await storage.monitor.servers(), []);
    },
  },
  {
    id: "monitor/count",
    title: "`count` counts what the filter matches",
    async run({ storage }) {
      await enqueue(storage, ...someJobs(7), ...someJobs(3, { queue: "other" }));

      const all = await storage.monitor.count({}, { atMost: 1000 });
      const some = await storage.monitor.count({ queues: ["other"] }, { atMost: 1000 });

      assert.deepEqual(all, { count: 10, exact: true });
      assert.deepEqual(some, { count: 3, exact: true });
    },
  },
  {
    id: "monitor/count-at-most",
    title: "`count` stops at `atMost` and says that it is not exact",
    async run({ storage }) {
      await enqueue(storage, ...someJobs(20));

      const reply = await storage.monitor.count({}, { atMost: 5 });

      assert.deepEqual(reply, { count: 5, exact: false });
    },
  },
  {
    id: "monitor/count-nothing",
    title: "`count` of nothing is exactly 0",
    async run({ storage }) {
      const reply = await storage.monitor.count({ states: ["failed"] }, { atMost: 100 });

      assert.deepEqual(reply, { count: 0, exact: true });
    },
  },
  {
    id: "monitor/count-by-state",
    title: "counts follow a job through its states",
    async run({ storage }) {
      await enqueue(storage, ...someJobs(4));
      const server = await aServer(storage);
      const [first, second] = await server.claim(3);
      assert.ok(first && second);
      await server.settle(first, toSucceed());
      await server.settle(second, toFail());

      const told = [];
      for (const state of ["enqueued", "processing", "succeeded", "failed"] as const) {
        told.push((await storage.monitor.count({ states: [state] }, { atMost: 100 })).count);
      }

      assert.deepEqual(told, [1, 1, 1, 1]);
    },
  },
  {
    id: "monitor/suggest-types",
    title: "`suggest` completes the names of types",
    needs: ["facet:suggest"],
    async run({ storage: { monitor }, storage }) {
      await enqueue(
        storage,
        ...["send-mail", "send-mail", "send-sms", "import"].map((type) => aJob({ type })),
      );

      const [types, bounded] = [
        await monitor.suggest?.("types", "send", 10),
        await monitor.suggest?.("types", "", 1),
      ];

      assert.deepEqual(types?.toSorted(), ["send-mail", "send-sms"]);
      assert.equal(bounded?.length, 1);
    },
  },
  {
    id: "monitor/suggest-tags",
    title: "`suggest` completes tags, each once",
    needs: ["facet:suggest"],
    async run({ storage: { monitor }, storage }) {
      await enqueue(storage, aJob({ tags: ["eu", "nightly"] }), aJob({ tags: ["eu", "export"] }));

      const tags = await monitor.suggest?.("tags", "e", 10);

      assert.deepEqual(tags?.toSorted(), ["eu", "export"]);
    },
  },
  {
    id: "monitor/queues-or-more",
    title: "the jobs of a queue are counted up to 10,000",
    clocks: "once",
    async run({ storage }) {
      const batch = Math.min(storage.capabilities.maxBatch, 1000);
      for (let stored = 0; stored < 10_100; stored += batch) {
        await enqueue(storage, ...someJobs(batch));
      }

      const [record] = await storage.monitor.queues();

      assert.equal(record?.counts.enqueued, 10_000);
    },
  },
];
