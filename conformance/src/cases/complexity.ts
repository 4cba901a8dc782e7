import assert from "node:assert/strict";
import type { NewJob } from "@revojs/core";
import { enqueue, idsOf } from "../assertions.ts";
import { aJob, aJobIn, anAct, DAY_MS, HOUR_MS, someJobs, toSucceed } from "../builders.ts";
import type { CaseContext } from "../case-context.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer } from "../server-driver.ts";

const BACKLOG = 200_000;
const DEAD_HEADS = 20_000;
const QUEUES = 1000;
const CLAIM = 100;
/** Logarithms and the last bit of a sweep may cost something; a scan may not. */
const MOST_TIMES = 3;

export const complexityCases: readonly ConformanceCase[] = [
  {
    id: "complexity/ready-backlog",
    title: "a claim of 100 beside 200,000 enqueued jobs looks at little more than one beside none",
    needs: ["hook:work"],
    clocks: "once",
    async run(context) {
      await fill(context, BACKLOG, () => aJob());

      await assertCheapClaim(context);
    },
  },
  {
    id: "complexity/scheduled-backlog",
    title: "a claim of 100 beside 200,000 scheduled jobs looks at little more than one beside none",
    needs: ["hook:work"],
    clocks: "once",
    async run(context) {
      await fill(context, BACKLOG, (index) => aJobIn(HOUR_MS + index));
      await enqueue(context.storage, ...someJobs(2 * CLAIM));

      await assertCheapClaim(context);
    },
  },
  {
    id: "complexity/many-queues",
    title:
      "a claim of 100 from one of 1,000 queues looks at little more than one from the only queue",
    needs: ["hook:work"],
    clocks: "once",
    async run(context) {
      await fill(context, 20 * QUEUES, (index) => aJob({ queue: `q-${index % QUEUES}` }));
      await enqueue(context.storage, ...someJobs(2 * CLAIM));

      await assertCheapClaim(context);
    },
  },
  {
    id: "complexity/dead-heads",
    title: "20,000 deleted jobs at the head of a queue are swept once, not by every claim",
    needs: ["hook:work"],
    clocks: "once",
    async run(context) {
      const dead = await fill(context, DEAD_HEADS, () => aJob());
      await enqueue(context.storage, ...someJobs(3 * CLAIM));
      const { maxBatch } = context.storage.capabilities;
      for (let first = 0; first < dead.length; first += maxBatch) {
        const ids = idsOf(dead.slice(first, first + maxBatch));
        await context.storage.control.delete({ ...anAct(ids), retainMs: DAY_MS });
      }
      const sweeper = await aServer(context.storage);
      assert.equal((await sweeper.claim(CLAIM)).length, CLAIM);

      await assertCheapClaim(context);
    },
  },
  {
    id: "complexity/finished",
    title: "20,000 finished jobs make no claim dearer",
    needs: ["hook:work"],
    clocks: "once",
    async run(context) {
      await fill(context, DEAD_HEADS, () => aJob());
      const server = await aServer(context.storage);
      for (;;) {
        const held = await server.claim(CLAIM);
        if (held.length === 0) break;
        await server.settleAll(held, toSucceed());
      }
      await enqueue(context.storage, ...someJobs(2 * CLAIM));

      await assertCheapClaim(context);
    },
  },
  {
    id: "complexity/heartbeat",
    title: "a heartbeat costs the same however many jobs its server holds",
    needs: ["hook:work"],
    clocks: "once",
    async run(context) {
      const idle = await workOfHeartbeat(await context.fresh(), 0);

      const busy = await workOfHeartbeat(context, 5000);

      assertAtMost(busy, MOST_TIMES * Math.max(idle, 10));
    },
  },
  {
    id: "complexity/page",
    title: "a page of enqueued jobs costs what it tells, whatever is stored beside",
    needs: ["hook:work"],
    clocks: "once",
    async run(context) {
      const request = {
        filter: { states: ["enqueued"], queues: ["default"] },
        order: "natural",
        limit: 50,
        scanLimit: 1000,
        detail: "summary",
      } as const;
      await fill(context, DEAD_HEADS, () => aJobIn(HOUR_MS));
      await enqueue(context.storage, ...someJobs(2 * CLAIM));
      const before = await context.work();

      const { jobs } = await context.storage.monitor.find(request);

      assert.equal(jobs.length, 50);
      assertAtMost((await context.work()) - before, 1000 * MOST_TIMES);
    },
  },
];

/** Stores that many jobs, batch by batch, and gives them back. */
async function fill(
  { storage }: CaseContext,
  count: number,
  make: (index: number) => NewJob,
): Promise<readonly NewJob[]> {
  const jobs: NewJob[] = [];
  const batch = Math.min(storage.capabilities.maxBatch, 1000);
  while (jobs.length < count) {
    const next = Array.from({ length: Math.min(batch, count - jobs.length) }, (_, index) =>
      make(jobs.length + index),
    );
    await enqueue(storage, ...next);
    jobs.push(...next);
  }
  return jobs;
}

/** The claim of an almost empty store is the measure: 100 jobs to claim and 100 more. */
async function assertCheapClaim(context: CaseContext): Promise<void> {
  const empty = await context.fresh();
  await enqueue(empty.storage, ...someJobs(2 * CLAIM));
  const least = await workOfClaim(empty);

  const actual = await workOfClaim(context);

  assertAtMost(actual, MOST_TIMES * least);
}

async function workOfClaim(context: CaseContext): Promise<number> {
  const server = await aServer(context.storage);
  const before = await context.work();
  const jobs = await server.claim(CLAIM);
  const after = await context.work();
  assert.equal(jobs.length, CLAIM);
  assert.ok(after > before, "the work of a claim of 100 is told as 0: nothing was measured");
  return after - before;
}

async function workOfHeartbeat(context: CaseContext, jobs: number): Promise<number> {
  const server = await aServer(context.storage);
  await fill(context, jobs, () => aJob());
  for (let held = 0; held < jobs; held += CLAIM) await server.claim(CLAIM);
  const before = await context.work();
  await server.heartbeat({ peers: 8 });
  return (await context.work()) - before;
}

function assertAtMost(actual: number, most: number): void {
  assert.ok(
    actual <= most,
    `expected to look at no more than ${most} entries, looked at ${actual}`,
  );
}
