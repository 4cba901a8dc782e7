import assert from "node:assert/strict";
import { enqueue, idsOf, stateOf, statesOf } from "../assertions.ts";
import { aClaim, aJob, aJobIn, HOUR_MS, MINUTE_MS, someJobs } from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer } from "../server-driver.ts";

const delayed = { start: { kind: "delay", delayMs: MINUTE_MS } } as const;

/** Due jobs that an exchange promotes on its way to a claim. */
export const dueExchangeCases: readonly ConformanceCase[] = [
  {
    id: "due/exchange-promotes",
    title: "a claim gives a job that became due, without anybody else promoting it",
    async run({ storage, advance }) {
      const job = aJobIn(MINUTE_MS);
      await enqueue(storage, job);
      await advance(MINUTE_MS);
      const server = await aServer(storage);

      const claimed = await server.claimOne();

      assert.equal(claimed.id, job.id);
    },
  },
  {
    id: "due/exchange-promotes-any-queue",
    title: "a claim promotes due jobs of queues that it does not ask for",
    async run({ storage, advance }) {
      const job = aJobIn(MINUTE_MS, { queue: "other" });
      await enqueue(storage, job);
      await advance(MINUTE_MS);
      const server = await aServer(storage);

      await server.claim();

      assert.equal(await stateOf(storage, job.id), "enqueued");
    },
  },
  {
    id: "due/exchange-promote-limit",
    title: "a claim promotes no more than `promoteLimit`, and asks to come again for the rest",
    async run({ storage, advance }) {
      const jobs = someJobs(5, delayed);
      await enqueue(storage, ...jobs);
      await advance(MINUTE_MS);
      const server = await aServer(storage);

      const reply = await server.exchange({ claim: aClaim({ promoteLimit: 2 }) });

      const states = await statesOf(storage, jobs);
      assert.equal(states.filter((state) => state === "scheduled").length, 3);
      assert.equal(reply.nextClaimInMs, 0);
    },
  },
  {
    id: "due/exchange-promotes-behind",
    title: "what a claim promotes comes behind what waits, and what does not fit keeps its place",
    async run({ storage, advance }) {
      const payload = JSON.stringify("x".repeat(398));
      const late = [3, 1, 4, 2].map((minutes) => aJobIn(minutes * MINUTE_MS, { payload }));
      const waiting = aJob({ payload });
      await enqueue(storage, ...late, waiting);
      await advance(HOUR_MS);
      const server = await aServer(storage);
      const claim = async (): Promise<readonly string[]> =>
        idsOf((await server.exchange({ claim: aClaim({ maxBytes: 1000 }) })).jobs);

      const claimed = [await claim(), await claim(), await claim(), await claim()];

      const [third, first, fourth, second] = late.map(({ id }) => id);
      assert.deepEqual(claimed, [[waiting.id, first], [second, third], [fourth], []]);
    },
  },
  {
    id: "due/exchange-promote-none",
    title: "a claim with `promoteLimit` 0 promotes nothing",
    async run({ storage, advance }) {
      const job = aJobIn(MINUTE_MS);
      await enqueue(storage, job);
      await advance(HOUR_MS);
      const server = await aServer(storage);

      const reply = await server.exchange({ claim: aClaim({ promoteLimit: 0 }) });

      assert.deepEqual(reply.jobs, []);
      assert.equal(await stateOf(storage, job.id), "scheduled");
    },
  },
];
