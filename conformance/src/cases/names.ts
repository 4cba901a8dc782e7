import assert from "node:assert/strict";
import { assertSameItems, enqueue, enqueueOne, idsOf } from "../assertions.ts";
import { aJob, aJobIn, aUniqueJob, HOUR_MS, MINUTE_MS, toSucceed } from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer } from "../server-driver.ts";
import { tortureNames } from "../torture-texts.ts";

/** Names that the rule for queues allows and that a careless store confuses. */
const queues: readonly string[] = [
  "a",
  "a.b",
  "a-b",
  "a_b",
  "ab",
  "a.",
  "a--",
  "0",
  "00",
  "1e3",
  "constructor",
  "prototype",
  "tostring",
  "hasownproperty",
  "valueof",
  "null",
  "undefined",
  "true",
  "nan",
  "default",
  "paused",
  "ready",
  "due",
  "queues",
  "jobs",
  "q".repeat(64),
  "q".repeat(63),
];

const types: readonly string[] = [
  "a",
  "A",
  "a.b",
  "a-b",
  "a_b",
  ".",
  "..",
  "-",
  "_",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "0",
  "t".repeat(128),
  "t".repeat(127),
];

export const namesCases: readonly ConformanceCase[] = [
  {
    id: "names/queues-apart",
    title: "queues of similar names give each their own jobs only",
    async run({ storage }) {
      const jobs = queues.map((queue) => aJob({ queue }));
      await enqueue(storage, ...jobs);
      const server = await aServer(storage);

      for (const [index, queue] of queues.entries()) {
        const claimed = await server.claim(100, { queues: [queue] });

        assert.deepEqual(idsOf(claimed), [jobs[index]?.id], queue);
        assert.equal(claimed[0]?.queue, queue);
      }
    },
  },
  {
    id: "names/queues-listed",
    title: "queues of similar names are listed each once, with their own counts",
    async run({ storage }) {
      await enqueue(storage, ...queues.map((queue) => aJob({ queue })));

      const records = await storage.monitor.queues();

      assertSameItems(
        records.map((record) => record.queue),
        queues,
      );
      for (const record of records) assert.equal(record.counts.enqueued, 1, record.queue);
    },
  },
  {
    id: "names/queues-paused-apart",
    title: "a pause of one queue does not pause one of a similar name",
    async run({ storage }) {
      await enqueue(storage, ...queues.map((queue) => aJob({ queue })));
      const paused = queues.filter((_, index) => index % 2 === 0);
      for (const queue of paused) {
        await storage.control.pauseQueue({ queue, actor: "alice", reason: "closed" });
      }
      const server = await aServer(storage);

      const claimed = await server.claim(100, { queues });

      assertSameItems(
        claimed.map((job) => job.queue),
        queues.filter((queue) => !paused.includes(queue)),
      );
    },
  },
  {
    id: "names/queues-due",
    title: "due jobs of queues of similar names come back to their own queue",
    async run({ storage, advance }) {
      const jobs = queues.map((queue) => aJobIn(MINUTE_MS, { queue }));
      await enqueue(storage, ...jobs);
      await advance(HOUR_MS);
      const server = await aServer(storage);

      for (const [index, queue] of queues.entries()) {
        assert.deepEqual(idsOf(await server.claim(100, { queues: [queue] })), [jobs[index]?.id]);
      }
    },
  },
  {
    id: "names/types",
    title: "types come back exactly as they were given",
    async run({ storage }) {
      await enqueue(storage, ...types.map((type) => aJob({ type })));
      const server = await aServer(storage);

      const claimed = await server.claim(100);

      assert.deepEqual(
        claimed.map((job) => job.type),
        types,
      );
    },
  },
  {
    id: "names/types-found",
    title: "types of similar names are found apart",
    needs: ["filter:types"],
    async run({ storage }) {
      const jobs = types.map((type) => aJob({ type }));
      await enqueue(storage, ...jobs);

      for (const [index, type] of types.entries()) {
        const { jobs: found } = await storage.monitor.find({
          filter: { types: [type] },
          order: "natural",
          limit: 100,
          scanLimit: 1000,
          detail: "ids",
        });
        assert.deepEqual(idsOf(found), [jobs[index]?.id], type);
      }
    },
  },
  {
    id: "names/unique-keys",
    title: "unique keys are compared code unit for code unit",
    async run({ storage }) {
      const jobs = tortureNames.map((key) => aUniqueJob({ key }));
      await enqueue(storage, ...jobs);

      for (const [index, key] of tortureNames.entries()) {
        const result = await enqueueOne(storage, aUniqueJob({ key }));
        assert.deepEqual(
          result,
          { kind: "duplicate", jobId: jobs[index]?.id },
          JSON.stringify(key),
        );
      }
      const holders = await storage.monitor.holders(tortureNames);
      assert.deepEqual(holders, idsOf(jobs));
    },
  },
  {
    id: "names/unique-keys-freed",
    title: "a key of whatever text is freed by the end of its own job only",
    async run({ storage }) {
      const jobs = tortureNames.map((key) => aUniqueJob({ key }));
      await enqueue(storage, ...jobs);
      const server = await aServer(storage);
      const held = await server.claim(100);
      const done = held.filter((_, index) => index % 2 === 0);

      await server.settleAll(done, toSucceed());

      const holders = await storage.monitor.holders(tortureNames);
      assert.deepEqual(
        holders,
        jobs.map((job, index) => (index % 2 === 0 ? null : job.id)),
      );
    },
  },
  {
    id: "names/tags-found",
    title: "tags are compared code unit for code unit",
    needs: ["filter:tags"],
    async run({ storage }) {
      const jobs = tortureNames.map((tag) => aJob({ tags: [tag] }));
      await enqueue(storage, ...jobs);

      for (const [index, tag] of tortureNames.entries()) {
        const { jobs: found } = await storage.monitor.find({
          filter: { tags: [tag] },
          order: "natural",
          limit: 100,
          scanLimit: 1000,
          detail: "ids",
        });
        assert.deepEqual(idsOf(found), [jobs[index]?.id], JSON.stringify(tag));
      }
    },
  },
  {
    id: "names/key-like-id",
    title: "a unique key that looks like an id, a queue or a type is only a key",
    async run({ storage }) {
      const job = aJob();
      await enqueue(storage, job);

      const results = await storage.enqueue({
        jobs: [job.id, "default", "send-invoice"].map((key) => aUniqueJob({ key })),
      });

      assert.deepEqual(
        results.map((result) => result.kind),
        ["created", "created", "created"],
      );
      assert.deepEqual(await storage.monitor.holders([job.id.toUpperCase()]), [null]);
    },
  },
  {
    id: "names/tasks",
    title: "tasks of upkeep of whatever name have their own turns",
    async run({ storage }) {
      const turns = [];
      for (const name of tortureNames) turns.push(await storage.upkeep.takeTurn(name, HOUR_MS));

      assert.deepEqual(
        turns,
        tortureNames.map(() => true),
      );
    },
  },
  {
    id: "names/thousand-queues",
    title: "a thousand queues with one job each are all listed and all served",
    clocks: "once",
    async run({ storage }) {
      const names = Array.from({ length: 1000 }, (_, index) => `queue-${index}`);
      await enqueue(storage, ...names.map((queue) => aJob({ queue })));
      const server = await aServer(storage);

      const listed = await storage.monitor.queues();
      let claimed = 0;
      for (let first = 0; first < names.length; first += 100) {
        claimed += (await server.claim(100, { queues: names.slice(first, first + 100) })).length;
      }

      assertSameItems(
        listed.map((record) => record.queue),
        names,
      );
      assert.equal(claimed, 1000);
    },
  },
];
