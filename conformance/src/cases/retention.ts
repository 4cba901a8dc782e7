import assert from "node:assert/strict";
import {
  assertStamped,
  enqueue,
  enqueueOne,
  idsOf,
  nowOf,
  recordOf,
  stateOf,
  statesOf,
} from "../assertions.ts";
import {
  aJob,
  aJobIn,
  anAct,
  aUniqueJob,
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  someJobs,
  toDelete,
  toFail,
  toSucceed,
} from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer, fenceOf } from "../server-driver.ts";

export const retentionCases: readonly ConformanceCase[] = [
  ...[toSucceed(), toFail(), toDelete()].map(
    (outcome): ConformanceCase => ({
      id: `retention/${outcome.kind}`,
      title: `a finished job (${outcome.kind}) is kept for its time and pruned after it`,
      async run({ storage, advance, slackMs }) {
        await enqueue(storage, aJob());
        const server = await aServer(storage);
        const job = await server.claimOne();
        const nowMs = await nowOf(storage);
        await server.settle(job, { ...outcome, retainMs: HOUR_MS });
        assertStamped((await recordOf(storage, job.id)).expiresAt, nowMs + HOUR_MS, slackMs);

        await advance(HOUR_MS - slackMs - 1);
        await storage.upkeep.prune(100);
        const within = await stateOf(storage, job.id);
        await advance(slackMs + 2);
        await storage.upkeep.prune(100);

        assert.notEqual(within, null);
        assert.equal(await stateOf(storage, job.id), null);
      },
    }),
  ),
  {
    id: "retention/zero",
    title: "with retention 0 a job is gone as soon as it is pruned, and a repeat is told so",
    async run({ storage, advance }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      const settle = [{ ...fenceOf(job), outcome: toSucceed({ retainMs: 0 }) }];

      const first = await server.exchange({ settle });
      const repeated = await server.exchange({ settle, repeat: true });

      assert.deepEqual(first.settled, ["settled"]);
      assert.ok(["gone", "already"].includes(repeated.settled[0] ?? ""), repeated.settled[0]);
      await advance(1);
      await storage.upkeep.prune(100);
      assert.equal(await stateOf(storage, job.id), null);
      assert.deepEqual((await server.exchange({ settle, repeat: true })).settled, ["gone"]);
    },
  },
  {
    id: "retention/id-free-again",
    title: "the id of a pruned job may be used again",
    async run({ storage, advance }) {
      const job = aJob();
      await enqueue(storage, job);
      const server = await aServer(storage);
      await server.settle(await server.claimOne(), toSucceed({ retainMs: MINUTE_MS }));
      await advance(HOUR_MS);
      await storage.upkeep.prune(100);

      const result = await enqueueOne(storage, job, true);

      assert.deepEqual(result, { kind: "created" });
      assert.equal((await server.claimOne()).attempt, 1);
    },
  },
  {
    id: "retention/limit",
    title: "prune removes no more than its limit and asks to be called again",
    async run({ storage, advance }) {
      const jobs = someJobs(5);
      await enqueue(storage, ...jobs);
      const server = await aServer(storage);
      await server.settleAll(await server.claim(5), toSucceed({ retainMs: MINUTE_MS }));
      await advance(HOUR_MS);

      const first = await storage.upkeep.prune(2);
      const left = (await statesOf(storage, jobs)).filter((state) => state !== null);
      let removed = first.removed;
      for (let more = first.more; more; ) {
        const reply = await storage.upkeep.prune(2);
        removed += reply.removed;
        more = reply.more;
      }

      assert.equal(first.more, true);
      assert.equal(left.length, 3);
      assert.equal(removed, 5);
      assert.deepEqual(await statesOf(storage, jobs), [null, null, null, null, null]);
    },
  },
  {
    id: "retention/nothing",
    title: "prune with nothing to remove removes nothing",
    async run({ storage }) {
      const reply = await storage.upkeep.prune(100);

      assert.deepEqual(reply, { removed: 0, more: false });
    },
  },
  {
    id: "retention/never-unfinished",
    title: "prune never touches an unfinished job, however old",
    async run({ storage, advance }) {
      const [running, waiting, scheduled] = [aJob(), aJob(), aJobIn(3650 * DAY_MS)];
      await enqueue(storage, running, waiting, scheduled);
      const server = await aServer(storage);
      const held = await server.claimOne();
      await advance(3000 * DAY_MS);

      const reply = await storage.upkeep.prune(100);

      assert.equal(reply.removed, 0);
      assert.deepEqual(await statesOf(storage, [running, waiting, scheduled]), [
        "processing",
        "enqueued",
        "scheduled",
      ]);
      assert.equal(await server.settle(held, toSucceed()), "settled");
    },
  },
  {
    id: "retention/each-its-own",
    title: "each job is kept for its own time",
    async run({ storage, advance }) {
      await enqueue(storage, ...someJobs(3));
      const server = await aServer(storage);
      const [long, short, middle] = await server.claim();
      assert.ok(long && short && middle);
      await server.settle(long, toSucceed({ retainMs: 3 * HOUR_MS }));
      await server.settle(short, toSucceed({ retainMs: HOUR_MS }));
      await server.settle(middle, toFail({ retainMs: 2 * HOUR_MS }));
      await advance(HOUR_MS + MINUTE_MS);

      const { removed } = await storage.upkeep.prune(100);

      assert.equal(removed, 1);
      assert.deepEqual(await statesOf(storage, [long, short, middle]), [
        "succeeded",
        null,
        "failed",
      ]);
    },
  },
  {
    id: "retention/gone-everywhere",
    title: "a pruned job is in no list and no count",
    async run({ storage, advance }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      await server.settle(job, toSucceed({ retainMs: MINUTE_MS, result: "1" }));
      await advance(HOUR_MS);
      await storage.upkeep.prune(100);

      const { jobs } = await storage.monitor.find({
        filter: { states: ["succeeded"] },
        order: "natural",
        limit: 10,
        scanLimit: 1000,
        detail: "full",
      });
      const { count } = await storage.monitor.count({ states: ["succeeded"] }, { atMost: 100 });

      assert.deepEqual(jobs, []);
      assert.equal(count, 0);
    },
  },
  {
    id: "retention/window-keys",
    title: "prune removes window keys whose time is over",
    async run({ storage, advance }) {
      await enqueue(storage, aUniqueJob({ scope: "window", windowMs: MINUTE_MS }));
      await advance(HOUR_MS);

      await storage.upkeep.prune(100);

      assert.deepEqual(await storage.monitor.holders(["invoice-42"]), [null]);
    },
  },
  {
    id: "retention/long",
    title: "a job may be kept for ten years",
    async run({ storage, advance }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      await server.settle(job, toSucceed({ retainMs: 3650 * DAY_MS }));
      await advance(3000 * DAY_MS);

      await storage.upkeep.prune(100);

      assert.equal(await stateOf(storage, job.id), "succeeded");
    },
  },
  {
    id: "retention/delete-shortens",
    title: "deleting a finished job keeps it for the time of the deletion",
    async run({ storage, advance }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      await server.settle(job, toSucceed({ retainMs: DAY_MS }));

      await storage.control.delete({ ...anAct([job.id]), retainMs: MINUTE_MS });

      await advance(HOUR_MS);
      await storage.upkeep.prune(100);
      assert.equal(await stateOf(storage, job.id), null);
    },
  },
  {
    id: "retention/prune-race",
    title: "concurrent prunes remove each job once",
    async run({ storage, advance, second }) {
      const jobs = someJobs(20);
      await enqueue(storage, ...jobs);
      const server = await aServer(storage);
      await server.settleAll(await server.claim(20), toSucceed({ retainMs: MINUTE_MS }));
      await advance(HOUR_MS);
      const other = await second();

      const replies = await Promise.all([
        storage.upkeep.prune(100),
        other.upkeep.prune(100),
        storage.upkeep.prune(100),
      ]);

      const removed = replies.reduce((sum, reply) => sum + reply.removed, 0);
      const rest = await storage.upkeep.prune(100);
      assert.equal(removed + rest.removed, 20);
      const records = await storage.monitor.get(idsOf(jobs));
      assert.ok(records.every((record) => record === null));
    },
  },
];
