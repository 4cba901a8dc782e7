import assert from "node:assert/strict";
import type { JobFilter, JobId } from "@revojs/core";
import { assertSameItems, enqueue, idsOf } from "../assertions.ts";
import {
  aJob,
  aJobIn,
  anError,
  aUniqueJob,
  HOUR_MS,
  someJobs,
  toFail,
  toRetry,
  toSucceed,
} from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { found, oneOfEach } from "../finding.ts";
import { aServer } from "../server-driver.ts";

export const findCases: readonly ConformanceCase[] = [
  {
    id: "find/states",
    title: "jobs are found by state, one state or several",
    async run({ storage }) {
      const byState = await oneOfEach(storage);

      for (const [state, id] of byState) {
        assert.deepEqual(await found(storage, { states: [state] }), [id], state);
      }
      const unfinished = await found(storage, { states: ["enqueued", "scheduled", "processing"] });
      assert.equal(unfinished.length, 3);
      const all = await found(storage, {});
      assertSameItems(all, [...byState.values()]);
    },
  },
  {
    id: "find/empty-list",
    title: "an empty list matches nothing",
    async run({ storage }) {
      await enqueue(storage, ...someJobs(3));

      assert.deepEqual(await found(storage, { states: [] }), []);
      assert.deepEqual(await found(storage, { queues: [] }), []);
      const counted = await storage.monitor.count({ queues: [] }, { atMost: 10 });
      assert.equal(counted.count, 0);
    },
  },
  ...byText("queues", "queue", ["a", "b", "a-b"]),
  ...byText("types", "type", ["send", "Send", "send-all"]),
  {
    id: "find/tags",
    title: "jobs are found by tag, one of those asked for being enough",
    needs: ["filter:tags"],
    async run({ storage }) {
      const jobs = [
        aJob({ tags: ["eu"] }),
        aJob({ tags: ["us", "nightly"] }),
        aJob({ tags: ["eu", "nightly"] }),
        aJob({ tags: [] }),
      ];
      await enqueue(storage, ...jobs);
      const [eu, us, both] = idsOf(jobs);

      assertSameItems(await found(storage, { tags: ["eu"] }), [eu ?? "", both ?? ""]);
      assertSameItems(await found(storage, { tags: ["us", "none"] }), [us ?? ""]);
      assertSameItems(await found(storage, { tags: ["eu", "us"] }), [
        eu ?? "",
        us ?? "",
        both ?? "",
      ]);
      assert.deepEqual(await found(storage, { tags: ["e"] }), []);
    },
  },
  {
    id: "find/unique-keys",
    title: "jobs are found by their unique key",
    needs: ["filter:uniqueKeys"],
    async run({ storage }) {
      const [a, b] = [aUniqueJob({ key: "a" }), aUniqueJob({ key: "b" })];
      await enqueue(storage, a, b, aJob());

      assert.deepEqual(await found(storage, { uniqueKeys: ["b", "c"] }), [b.id]);
    },
  },
  {
    id: "find/servers",
    title: "processing jobs are found by their server",
    needs: ["filter:serverIds"],
    async run({ storage }) {
      await enqueue(storage, ...someJobs(4));
      const [first, second] = [await aServer(storage), await aServer(storage)];
      const held = await first.claim(2);
      await second.claim(2);

      const ids = await found(storage, { serverIds: [first.id], states: ["processing"] });

      assertSameItems(ids, idsOf(held));
    },
  },
  {
    id: "find/fingerprints",
    title: "failed jobs are found by the fingerprint of their error",
    needs: ["filter:fingerprints"],
    async run({ storage }) {
      await enqueue(storage, ...someJobs(3));
      const server = await aServer(storage);
      const jobs = await server.claim(3);
      const prints = ["bank", "mail", "bank"];
      for (const [index, job] of jobs.entries()) {
        const error = anError({ fingerprint: prints[index] ?? "" });
        await server.settle(job, toFail({ error }));
      }

      const ids = await found(storage, { fingerprints: ["bank"] });

      assertSameItems(ids, [jobs[0]?.id ?? "", jobs[2]?.id ?? ""]);
    },
  },
  {
    id: "find/created-at",
    title: "jobs are found by when they were created, the end excluded",
    needs: ["filter:createdAt"],
    async run({ storage, advance }) {
      const jobs = someJobs(3);
      const createdAt: Date[] = [];
      for (const job of jobs) {
        await enqueue(storage, job);
        const [record] = await storage.monitor.get([job.id]);
        if (record) createdAt.push(record.createdAt);
        await advance(HOUR_MS);
      }
      const [first, second, third] = createdAt;
      assert.ok(first && second && third);
      const [a, b, c] = idsOf(jobs);

      const ranges: readonly (readonly [JobFilter, readonly (JobId | undefined)[]])[] = [
        [{ createdAt: { from: second } }, [b, c]],
        [{ createdAt: { to: second } }, [a]],
        [{ createdAt: { from: first, to: third } }, [a, b]],
        [{ createdAt: {} }, [a, b, c]],
      ];
      for (const [filter, expected] of ranges) {
        assertSameItems(
          await found(storage, filter),
          expected.map((id) => id ?? ""),
        );
      }
    },
  },
  {
    id: "find/due-at",
    title: "scheduled jobs are found by when they are due, the end excluded",
    needs: ["filter:dueAt"],
    async run({ storage }) {
      const jobs = [1, 2, 3].map((hours) => aJobIn(hours * HOUR_MS));
      await enqueue(storage, ...jobs);
      const records = await storage.monitor.get(idsOf(jobs));
      const [, second, third] = records.map((record) => record?.dueAt);
      assert.ok(second && third);

      const ids = await found(storage, { dueAt: { from: second, to: third } });

      assert.deepEqual(ids, [jobs[1]?.id]);
    },
  },
  {
    id: "find/finished-at",
    title: "finished jobs are found by when they finished, the end excluded",
    needs: ["filter:finishedAt"],
    async run({ storage, advance }) {
      await enqueue(storage, ...someJobs(3));
      const server = await aServer(storage);
      const jobs = await server.claim(3);
      for (const job of jobs) {
        await server.settle(job, toSucceed());
        await advance(HOUR_MS);
      }
      const [record] = await storage.monitor.get([jobs[1]?.id ?? ""]);
      assert.ok(record?.finishedAt);

      const ids = await found(storage, { finishedAt: { to: record.finishedAt } });

      assert.deepEqual(ids, [jobs[0]?.id]);
    },
  },
  {
    id: "find/attempt",
    title: "jobs are found by their number of attempts",
    needs: ["filter:attempt"],
    async run({ storage }) {
      const [tried, fresh] = [aJob(), aJob()];
      await enqueue(storage, tried);
      const server = await aServer(storage);
      await server.settle(await server.claimOne(), toRetry(HOUR_MS));
      await enqueue(storage, fresh);

      assert.deepEqual(await found(storage, { attempt: { from: 1 } }), [tried.id]);
      assert.deepEqual(await found(storage, { attempt: { to: 1 } }), [fresh.id]);
    },
  },
  {
    id: "find/and",
    title: "all given fields must hold",
    async run({ storage }) {
      const wanted = aJobIn(HOUR_MS, { queue: "a" });
      await enqueue(storage, wanted, aJob({ queue: "a" }), aJobIn(HOUR_MS, { queue: "b" }));

      const ids = await found(storage, { states: ["scheduled"], queues: ["a"] });

      assert.deepEqual(ids, [wanted.id]);
    },
  },
];

function byText(
  filter: "queues" | "types",
  field: "queue" | "type",
  values: readonly [string, string, string],
): readonly ConformanceCase[] {
  return [
    {
      id: `find/${filter}`,
      title: `jobs are found by ${field}, whole and exact, one of those asked for being enough`,
      needs: [`filter:${filter}`],
      async run({ storage }): Promise<void> {
        const jobs = values.map((value) => aJob({ [field]: value }));
        await enqueue(storage, ...jobs);
        const [first, second, third] = idsOf(jobs);
        const [a, b, c] = values;

        assert.deepEqual(await found(storage, { [filter]: [a] }), [first]);
        assertSameItems(await found(storage, { [filter]: [b, c] }), [second ?? "", third ?? ""]);
        assert.deepEqual(await found(storage, { [filter]: ["nothing"] }), []);
      },
    },
  ];
}
