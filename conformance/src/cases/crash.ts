import assert from "node:assert/strict";
import type { IJobStorage, RecoverReply, RecoverRequest } from "@revojs/core";
import {
  assertRecovered,
  assertStamped,
  enqueue,
  nowOf,
  recordOf,
  stateOf,
} from "../assertions.ts";
import {
  aJob,
  anAct,
  anError,
  aToken,
  HOUR_MS,
  MINUTE_MS,
  SECOND_MS,
  someJobs,
  toFail,
  toRelease,
  toRetry,
  toSucceed,
} from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer, type HeldJob } from "../server-driver.ts";

export const crashCases: readonly ConformanceCase[] = [
  {
    id: "crash/first",
    title: "the first crash makes a job a suspect, marked or not",
    async run({ storage }) {
      await enqueue(storage, aJob());

      const { job } = await crash(storage, { marked: false });

      const record = await recordOf(storage, job.id);
      assert.equal(record.crashes, 1);
      assert.equal(record.attempt, 0);
      const server = await aServer(storage);
      assert.equal((await server.claimOne()).crashes, 1);
    },
  },
  {
    id: "crash/suspect-unmarked",
    title: "a further crash does not count for a suspect that was not marked as starting",
    async run({ storage }) {
      await enqueue(storage, aJob());
      await crash(storage, { marked: false });

      const { job, reply } = await crash(storage, { marked: false });

      assertRecovered(reply, { returned: [job.id] });
      const record = await recordOf(storage, job.id);
      assert.equal(record.crashes, 1);
      assert.equal(record.state, "enqueued");
    },
  },
  {
    id: "crash/suspect-marked",
    title: "a further crash counts for a suspect that was marked, and the job waits for `delayMs`",
    async run({ storage, slackMs }) {
      await enqueue(storage, aJob());
      await crash(storage, { marked: false });
      const nowMs = await nowOf(storage);

      const { job, reply } = await crash(storage, { marked: true }, { delayMs: 30 * SECOND_MS });

      assertRecovered(reply, { returned: [job.id] });
      const record = await recordOf(storage, job.id);
      assert.equal(record.crashes, 2);
      assert.equal(record.attempt, 0);
      assert.equal(record.state, "scheduled");
      assertStamped(record.dueAt, nowMs + 30 * SECOND_MS, slackMs);
    },
  },
  {
    id: "crash/loop",
    title: "the crash after `maxCrashes` fails the job as `crash-loop` with the error given",
    async run({ storage, advance, slackMs }) {
      await enqueue(storage, aJob({ maxCrashes: 3 }));
      const error = anError({ fingerprint: "crash", text: "server died" });
      const request = { delayMs: SECOND_MS, retainMs: HOUR_MS, error };
      const crashes: number[] = [];
      for (let crashNumber = 1; crashNumber <= 3; crashNumber++) {
        const { job } = await crash(storage, { marked: crashNumber > 1 }, request);
        crashes.push((await recordOf(storage, job.id)).crashes);
        await advance(MINUTE_MS);
      }
      const nowMs = await nowOf(storage);

      const { job, reply } = await crash(storage, { marked: true }, request);

      assert.deepEqual(crashes, [1, 2, 3]);
      assertRecovered(reply, { failed: [job.id] });
      const record = await recordOf(storage, job.id);
      assert.equal(record.state, "failed");
      assert.equal(record.reason, "crash-loop");
      assert.equal(record.crashes, 4);
      assert.equal(record.attempt, 0);
      assertStamped(record.expiresAt, nowMs + HOUR_MS, slackMs);
      assert.deepEqual(record.history?.at(-1)?.error, error);
      assert.equal(record.fingerprint, "crash");
    },
  },
  {
    id: "crash/max-one",
    title: "with `maxCrashes` 1 the second marked crash fails the job",
    async run({ storage }) {
      await enqueue(storage, aJob({ maxCrashes: 1 }));
      await crash(storage, { marked: false });

      const { job, reply } = await crash(storage, { marked: true });

      assertRecovered(reply, { failed: [job.id] });
    },
  },
  {
    id: "crash/max-zero-marked",
    title: "with `maxCrashes` 0 the first crash after `starting` fails the job",
    async run({ storage }) {
      await enqueue(storage, aJob({ maxCrashes: 0 }));

      const { job, reply } = await crash(storage, { marked: true });

      assertRecovered(reply, { failed: [job.id] });
      assert.equal((await recordOf(storage, job.id)).reason, "crash-loop");
    },
  },
  {
    id: "crash/max-zero-unmarked",
    title: "with `maxCrashes` 0 a job that was not marked goes back and no crash is counted",
    async run({ storage }) {
      await enqueue(storage, aJob({ maxCrashes: 0 }));

      const { job, reply } = await crash(storage, { marked: false });

      assertRecovered(reply, { returned: [job.id] });
      const record = await recordOf(storage, job.id);
      assert.equal(record.crashes, 0);
      assert.equal(record.attempt, 0);
      assert.equal(record.state, "enqueued");
    },
  },
  {
    id: "crash/neighbours",
    title: "the jobs beside a poison pill never fail as `crash-loop`",
    async run({ storage, advance }) {
      const jobs = someJobs(6);
      await enqueue(storage, ...jobs);
      const [pill, ...neighbours] = jobs;
      assert.ok(pill);

      for (let run = 0; run < 6; run++) {
        const server = await aServer(storage);
        const held = await server.claim();
        const own = held.find((job) => job.id === pill.id && job.crashes > 0);
        if (own !== undefined) await server.start(own);
        await server.recover();
        await advance(MINUTE_MS);
      }

      assert.equal(await stateOf(storage, pill.id), "failed");
      for (const { id } of neighbours) {
        const record = await recordOf(storage, id);
        assert.equal(record.state, "enqueued");
        assert.equal(record.crashes, 1);
      }
    },
  },
  {
    id: "crash/mark-fenced",
    title: "a mark under a token that does not hold the job marks nothing",
    async run({ storage }) {
      await enqueue(storage, aJob());
      await crash(storage, { marked: false });
      const server = await aServer(storage);
      const job = await server.claimOne();

      await server.start({ ...job, token: aToken() });
      await server.recover();

      const record = await recordOf(storage, job.id);
      assert.equal(record.crashes, 1);
      assert.equal(record.state, "enqueued");
    },
  },
  {
    id: "crash/mark-of-lease",
    title: "a mark ends with its lease: the next claim begins unmarked",
    async run({ storage }) {
      await enqueue(storage, aJob());
      await crash(storage, { marked: false });
      const server = await aServer(storage);
      const marked = await server.claimOne();
      await server.start(marked);
      await server.settle(marked, toRelease());

      const { job } = await crash(storage, { marked: false });

      const record = await recordOf(storage, job.id);
      assert.equal(record.crashes, 1);
      assert.equal(record.state, "enqueued");
    },
  },
  {
    id: "crash/mark-with-claim",
    title: "a mark rides on an exchange that also settles and claims",
    async run({ storage }) {
      await enqueue(storage, aJob());
      await crash(storage, { marked: false });
      const server = await aServer(storage);
      const job = await server.claimOne();
      const { id: jobId, token } = job;

      const reply = await server.exchange({ starting: [{ jobId, token }] });
      await server.recover();

      assert.equal(reply.lease, "held");
      assert.equal((await recordOf(storage, job.id)).crashes, 2);
    },
  },
  {
    id: "crash/mark-unknown",
    title: "a mark of a job that is not there does nothing",
    async run({ storage }) {
      const server = await aServer(storage);
      const [gone] = someJobs(1);
      assert.ok(gone);

      const reply = await server.exchange({ starting: [{ jobId: gone.id, token: aToken() }] });

      assert.deepEqual(reply.settled, []);
      assert.equal(await stateOf(storage, gone.id), null);
    },
  },
  ...[
    { name: "retry", outcome: toRetry(0), crashes: 0 },
    { name: "succeed", outcome: toSucceed(), crashes: 0 },
    { name: "fail", outcome: toFail(), crashes: 1 },
    { name: "release", outcome: toRelease(), crashes: 1 },
  ].map(
    ({ name, outcome, crashes }): ConformanceCase => ({
      id: `crash/count-after-${name}`,
      title: `${name} ${crashes === 0 ? "forgets" : "keeps"} the crashes`,
      async run({ storage }) {
        await enqueue(storage, aJob());
        await crash(storage, { marked: false });
        const server = await aServer(storage);
        const job = await server.claimOne();

        await server.settle(job, outcome);

        assert.equal((await recordOf(storage, job.id)).crashes, crashes);
      },
    }),
  ),
  {
    id: "crash/requeue-forgets",
    title: "a requeue forgets the crashes of a crash loop",
    async run({ storage }) {
      await enqueue(storage, aJob({ maxCrashes: 1 }));
      await crash(storage, { marked: false });
      const { job } = await crash(storage, { marked: true });

      await storage.control.requeue({ ...anAct([job.id]), resetAttempts: true });

      const record = await recordOf(storage, job.id);
      assert.equal(record.state, "enqueued");
      assert.equal(record.crashes, 0);
    },
  },
];

/** Claims the next job, marks it as starting or not, and lets the server die with it. */
async function crash(
  storage: IJobStorage<unknown>,
  { marked }: { readonly marked: boolean },
  request: Partial<RecoverRequest> = {},
): Promise<{ readonly job: HeldJob; readonly reply: RecoverReply }> {
  const server = await aServer(storage);
  const job = await server.claimOne();
  if (marked) await server.start(job);
  return { job, reply: await server.recover(request) };
}
