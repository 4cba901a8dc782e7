import assert from "node:assert/strict";
import { assertSameItems, enqueue, idsOf, recordOf, stateOf } from "../assertions.ts";
import { aClaim, aJob, HOUR_MS, MINUTE_MS, someJobs, toRetry, toSucceed } from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer, fenceOf } from "../server-driver.ts";

export const claimRepeatCases: readonly ConformanceCase[] = [
  {
    id: "repeat/same-jobs",
    title: "a claim repeated under its token gives the same jobs and counts no further attempt",
    async run({ storage }) {
      await enqueue(storage, ...someJobs(3));
      const server = await aServer(storage);
      const claim = aClaim({ limit: 3 });
      const first = await server.exchange({ claim });

      const again = await server.exchange({ claim, repeat: true });

      assertSameItems(idsOf(again.jobs), idsOf(first.jobs));
      for (const job of again.jobs) assert.equal(job.attempt, 1);
    },
  },
  {
    id: "repeat/same-content",
    title: "a repeated claim gives the jobs with all that is needed to run them",
    async run({ storage }) {
      const job = aJob({ payload: '{"to":"a@b.c"}', priority: 2 });
      await enqueue(storage, job);
      const server = await aServer(storage);
      const claim = aClaim();
      await server.exchange({ claim });

      const { jobs } = await server.exchange({ claim, repeat: true });

      const { start: _start, tags: _tags, ...expected } = job;
      assert.equal(jobs.length, 1);
      assert.deepEqual({ ...jobs[0], ...expected }, jobs[0]);
    },
  },
  {
    id: "repeat/within-limit",
    title: "a repeat that tops up gives no more than the limit in all",
    async run({ storage }) {
      const [known, ...later] = someJobs(4);
      assert.ok(known);
      await enqueue(storage, known);
      const server = await aServer(storage);
      const claim = aClaim({ limit: 2 });
      await server.exchange({ claim });
      await enqueue(storage, ...later);

      const { jobs } = await server.exchange({ claim, repeat: true });

      assert.ok(idsOf(jobs).includes(known.id));
      assert.ok(jobs.length <= 2, `limit 2, got ${jobs.length}`);
    },
  },
  {
    id: "repeat/lost-request",
    title: "the repeat of a claim that never arrived is a claim",
    async run({ storage }) {
      const job = aJob();
      await enqueue(storage, job);
      const server = await aServer(storage);

      const { jobs } = await server.exchange({ claim: aClaim(), repeat: true });

      assert.deepEqual(idsOf(jobs), [job.id]);
      assert.equal((await recordOf(storage, job.id)).attempt, 1);
    },
  },
  {
    id: "repeat/not-settled-ones",
    title: "a repeat gives only the jobs that are still processing under its token",
    async run({ storage }) {
      await enqueue(storage, ...someJobs(3));
      const server = await aServer(storage);
      const claim = aClaim({ limit: 3 });
      const first = await server.exchange({ claim });
      const [done, ...rest] = first.jobs.map((job) => ({ ...job, token: claim.token }));
      assert.ok(done);
      await server.settle(done, toSucceed());

      const again = await server.exchange({ claim, repeat: true });

      assertSameItems(idsOf(again.jobs), idsOf(rest));
    },
  },
  {
    id: "repeat/already",
    title: "a repeated settlement answers `already` and is not stored twice",
    async run({ storage, advance }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      const settle = [{ ...fenceOf(job), outcome: toRetry(HOUR_MS) }];
      await server.exchange({ settle });
      const before = await recordOf(storage, job.id);
      await advance(MINUTE_MS);

      const { settled } = await server.exchange({ settle, repeat: true });

      assert.deepEqual(settled, ["already"]);
      assert.deepEqual(await recordOf(storage, job.id), before);
    },
  },
  {
    id: "repeat/both-parts",
    title: "the repeat of settle and claim answers both as if the first reply had arrived",
    async run({ storage }) {
      const [first, next] = someJobs(2);
      assert.ok(first && next);
      await enqueue(storage, first, next);
      const server = await aServer(storage);
      const held = await server.claimOne();
      const request = {
        settle: [{ ...fenceOf(held), outcome: toSucceed() }],
        claim: aClaim({ limit: 1 }),
      };
      await server.exchange(request);

      const reply = await server.exchange({ ...request, repeat: true });

      assert.deepEqual(reply.settled, ["already"]);
      assert.deepEqual(idsOf(reply.jobs), [next.id]);
      assert.equal(await stateOf(storage, held.id), "succeeded");
    },
  },
  {
    id: "repeat/half-done",
    title: "a repeat completes what was done by half: the settlement that was not stored is stored",
    async run({ storage }) {
      const jobs = someJobs(3);
      await enqueue(storage, ...jobs);
      const server = await aServer(storage);
      const [first, second] = await server.claim(2);
      assert.ok(first && second);
      const claim = aClaim({ limit: 1 });
      await server.exchange({ settle: [{ ...fenceOf(first), outcome: toSucceed() }], claim });

      const reply = await server.exchange({
        settle: [
          { ...fenceOf(first), outcome: toSucceed() },
          { ...fenceOf(second), outcome: toSucceed() },
        ],
        claim,
        repeat: true,
      });

      assert.deepEqual(reply.settled, ["already", "settled"]);
      assert.deepEqual(idsOf(reply.jobs), [jobs[2]?.id]);
    },
  },
  {
    id: "repeat/fences-on",
    title: "jobs given by a repeat are settled under the same token",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const claim = aClaim();
      await server.exchange({ claim });
      const { jobs } = await server.exchange({ claim, repeat: true });
      const [job] = jobs;
      assert.ok(job);

      const status = await server.settle({ ...job, token: claim.token }, toSucceed());

      assert.equal(status, "settled");
    },
  },
  {
    id: "repeat/others-untouched",
    title: "a repeat does not give the jobs of the server's other claims",
    async run({ storage }) {
      await enqueue(storage, ...someJobs(4));
      const server = await aServer(storage);
      const claim = aClaim({ limit: 2 });
      const first = await server.exchange({ claim });
      await server.claim(2);

      const again = await server.exchange({ claim, repeat: true });

      assertSameItems(idsOf(again.jobs), idsOf(first.jobs));
    },
  },
  {
    id: "repeat/after-recovery",
    title: "the repeat of a server that was recovered meanwhile gets nothing back",
    async run({ storage }) {
      const job = aJob();
      await enqueue(storage, job);
      const server = await aServer(storage);
      const claim = aClaim();
      await server.exchange({ claim });
      await server.recover();

      const reply = await server.exchange({ claim, repeat: true });

      assert.deepEqual(reply.jobs, []);
      assert.equal(reply.lease, "lost");
      assert.equal(await stateOf(storage, job.id), "enqueued");
    },
  },
];
