import assert from "node:assert/strict";
import { assertRecovered, enqueue, recordOf, stateOf } from "../assertions.ts";
import { aJob, anAct, anId, DAY_MS, toFail, toRelease, toSucceed, aClaim } from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer, fenceOf } from "../server-driver.ts";

export const lateSettleCases: readonly ConformanceCase[] = [
  {
    id: "fence/token-not-server",
    title: "the token is the fence: a settlement counts whichever server brings it",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const holder = await aServer(storage);
      const messenger = await aServer(storage);
      const job = await holder.claimOne();

      const status = await messenger.settle(job, toSucceed());

      assert.equal(status, "settled");
    },
  },
  {
    id: "fence/unknown-server",
    title: "a settlement counts although its server is not known, and the lease is told as lost",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();

      const reply = await storage.exchange({
        serverId: anId(),
        settle: [{ ...fenceOf(job), outcome: toSucceed() }],
      });

      assert.deepEqual(reply.settled, ["settled"]);
      assert.equal(reply.lease, "lost");
    },
  },
  {
    id: "fence/late",
    title: "a settlement that comes after any time counts while nobody else has the job",
    async run({ storage, advance }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage, { leaseMs: 15_000 });
      const job = await server.claimOne();
      await advance(DAY_MS);

      const status = await server.settle(job, toSucceed());

      assert.equal(status, "settled");
    },
  },
  {
    id: "fence/late-after-unregister",
    title: "a settlement of a server that has ended counts while nobody has recovered the job",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      await server.unregister();

      const status = await server.settle(job, toSucceed());

      assert.equal(status, "settled");
      assert.equal(await stateOf(storage, job.id), "succeeded");
    },
  },
  {
    id: "fence/after-recovery",
    title: "a settlement after recovery is stale, also before the job is claimed again",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      assertRecovered(await server.recover(), { returned: [job.id] });
      const before = await recordOf(storage, job.id);

      const status = await server.settle(job, toSucceed());

      assert.equal(status, "stale");
      assert.deepEqual(await recordOf(storage, job.id), before);
    },
  },
  {
    id: "fence/same-attempt-number",
    title:
      "a stale worker cannot settle after another was given the job with the same attempt number",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const zombie = await aServer(storage);
      const first = await zombie.claimOne();
      await zombie.recover();
      const owner = await aServer(storage);
      const second = await owner.claimOne();
      assert.equal(second.attempt, first.attempt);
      const before = await recordOf(storage, first.id);

      const statuses = [
        await zombie.settle(first, toFail()),
        await zombie.settle(first, toSucceed({ result: '"zombie"' })),
      ];

      assert.deepEqual(statuses, ["stale", "stale"]);
      assert.deepEqual(await recordOf(storage, first.id), before);
      assert.equal(await owner.settle(second, toSucceed({ result: '"owner"' })), "settled");
    },
  },
  {
    id: "fence/after-release",
    title: "who released a job cannot settle it again once another has it",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const [first, second] = [await aServer(storage), await aServer(storage)];
      const released = await first.claimOne();
      await first.settle(released, toRelease());
      const held = await second.claimOne();

      const status = await first.settle(released, toSucceed());

      assert.equal(status, "stale");
      assert.equal(await second.settle(held, toSucceed()), "settled");
    },
  },
  {
    id: "fence/after-requeue",
    title: "the old token of a finished job that was requeued settles nothing",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      await server.settle(job, toFail());
      await storage.control.requeue({ ...anAct([job.id]), resetAttempts: true });

      const status = await server.settle(job, toSucceed());

      assert.notEqual(status, "settled");
      assert.equal(await stateOf(storage, job.id), "enqueued");
    },
  },
  {
    id: "fence/rolled-back-claim",
    title: "after a claim was lost and made anew by another, the first claimer cannot settle",
    needs: ["hook:snapshot"],
    async run({ storage, snapshot }) {
      const job = aJob();
      await enqueue(storage, job);
      const [first, second] = [await aServer(storage), await aServer(storage)];
      const rollback = await snapshot();
      const lost = await first.claimOne();
      await rollback();
      const held = await second.claimOne();
      assert.equal(held.id, lost.id);

      const status = await first.settle(lost, toSucceed({ result: '"first"' }));

      assert.equal(status, "stale");
      assert.equal(await stateOf(storage, job.id), "processing");
      assert.equal(await second.settle(held, toSucceed()), "settled");
    },
  },
  {
    id: "fence/rolled-back-settle",
    title: "after a settlement was lost, its repeat is stored",
    needs: ["hook:snapshot"],
    async run({ storage, snapshot }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      const rollback = await snapshot();
      await server.settle(job, toSucceed());
      await rollback();

      const status = await server.settle(job, toSucceed());

      assert.equal(status, "settled");
      assert.equal(await stateOf(storage, job.id), "succeeded");
    },
  },
  {
    id: "fence/lost-server-claims-nothing",
    title: "an exchange of a lost server stores its settlements and gives it no jobs",
    async run({ storage }) {
      const [first, next] = [aJob(), aJob()];
      await enqueue(storage, first, next);
      const server = await aServer(storage);
      const held = await server.claimOne();
      await server.unregister();

      const reply = await server.exchange({
        settle: [{ ...fenceOf(held), outcome: toSucceed() }],
        claim: aClaim(),
      });

      assert.deepEqual(reply.settled, ["settled"]);
      assert.deepEqual(reply.jobs, []);
      assert.equal(reply.lease, "lost");
      assert.equal(await stateOf(storage, next.id), "enqueued");
    },
  },
];
