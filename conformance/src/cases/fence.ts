import assert from "node:assert/strict";
import type { SettleOutcome } from "@revojs/core";
import { enqueue, recordOf, stateOf, statesOf } from "../assertions.ts";
import {
  aJob,
  anId,
  aToken,
  HOUR_MS,
  MINUTE_MS,
  SECOND_MS,
  someJobs,
  toDelete,
  toFail,
  toRelease,
  toRetry,
  toSucceed,
} from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer, fenceOf } from "../server-driver.ts";

const outcomes: readonly SettleOutcome[] = [
  toSucceed(),
  toRetry(HOUR_MS),
  toFail(),
  toRelease(),
  toDelete(),
];

export const fenceCases: readonly ConformanceCase[] = [
  ...outcomes.map(
    (outcome): ConformanceCase => ({
      id: `fence/wrong-token-${outcome.kind}`,
      title: `${outcome.kind} under another token is stale and changes nothing`,
      async run({ storage }) {
        await enqueue(storage, aJob());
        const server = await aServer(storage);
        const job = await server.claimOne();
        const before = await recordOf(storage, job.id);

        const status = await server.settle({ ...job, token: aToken() }, outcome);

        assert.equal(status, "stale");
        assert.deepEqual(await recordOf(storage, job.id), before);
      },
    }),
  ),
  ...outcomes.map(
    (outcome): ConformanceCase => ({
      id: `fence/twice-${outcome.kind}`,
      title: `a second settlement after ${outcome.kind} answers \`already\` and changes nothing`,
      async run({ storage, advance }) {
        await enqueue(storage, aJob());
        const server = await aServer(storage);
        const job = await server.claimOne();
        await server.settle(job, outcome);
        const before = await recordOf(storage, job.id);
        await advance(MINUTE_MS);

        const statuses = [
          await server.settle(job, outcome),
          await server.settle(job, toFail({ reason: "other" })),
        ];

        assert.deepEqual(statuses, ["already", "already"]);
        assert.deepEqual(await recordOf(storage, job.id), before);
      },
    }),
  ),
  {
    id: "fence/twice-in-batch",
    title: "of two settlements of one job in a batch the first is stored",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();

      const { settled } = await server.exchange({
        settle: [
          { ...fenceOf(job), outcome: toSucceed() },
          { ...fenceOf(job), outcome: toFail() },
        ],
      });

      assert.deepEqual(settled, ["settled", "already"]);
      assert.equal(await stateOf(storage, job.id), "succeeded");
    },
  },
  {
    id: "fence/mixed-batch",
    title: "in one batch fresh, stale, repeated and unknown settlements each get their own status",
    async run({ storage }) {
      await enqueue(storage, ...someJobs(4));
      const server = await aServer(storage);
      const [fresh, foreign, done, last] = await server.claim();
      assert.ok(fresh && foreign && done && last);
      await server.settle(done, toSucceed());
      const unknown = { ...fresh, id: anId() };

      const statuses = await server.settleAll(
        [fresh, { ...foreign, token: aToken() }, done, unknown, last],
        toSucceed(),
      );

      assert.deepEqual(statuses, ["settled", "stale", "already", "gone", "settled"]);
      assert.deepEqual(await statesOf(storage, [fresh, foreign, done, last]), [
        "succeeded",
        "processing",
        "succeeded",
        "succeeded",
      ]);
    },
  },
  {
    id: "fence/unknown-job",
    title: "the settlement of a job that never was answers `gone` and creates nothing",
    async run({ storage }) {
      const server = await aServer(storage);
      const jobId = anId();

      const { settled } = await server.exchange({
        settle: [{ jobId, token: aToken(), outcome: toSucceed() }],
      });

      assert.deepEqual(settled, ["gone"]);
      assert.equal(await stateOf(storage, jobId), null);
    },
  },
  {
    id: "fence/never-claimed",
    title: "the settlement of a job that nobody claimed is stale",
    async run({ storage }) {
      const job = aJob();
      await enqueue(storage, job);
      const server = await aServer(storage);

      const { settled } = await server.exchange({
        settle: [{ jobId: job.id, token: aToken(), outcome: toSucceed() }],
      });

      assert.deepEqual(settled, ["stale"]);
      assert.equal(await stateOf(storage, job.id), "enqueued");
    },
  },
  {
    id: "fence/finished-job",
    title: "a settlement under a token that never held the finished job changes nothing",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      await server.settle(job, toSucceed());
      const before = await recordOf(storage, job.id);

      const status = await server.settle({ ...job, token: aToken() }, toFail());

      assert.equal(status, "stale");
      assert.deepEqual(await recordOf(storage, job.id), before);
    },
  },
  {
    id: "fence/pruned",
    title: "the settlement of a job that was pruned answers `gone`",
    async run({ storage, advance }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne();
      await server.settle(job, toSucceed({ retainMs: HOUR_MS }));
      await advance(HOUR_MS + SECOND_MS);
      await storage.upkeep.prune(100);

      const status = await server.settle(job, toSucceed());

      assert.equal(status, "gone");
    },
  },
  {
    id: "fence/close-tokens",
    title: "tokens that differ only beyond 2^53 are different tokens",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const job = await server.claimOne({ token: "9007199254740993" });

      const wrong = await server.settle({ ...job, token: "9007199254740992" }, toSucceed());
      const right = await server.settle(job, toSucceed());

      assert.deepEqual([wrong, right], ["stale", "settled"]);
    },
  },
  {
    id: "fence/extreme-tokens",
    title: "the least and the greatest token fence like any other",
    async run({ storage }) {
      await enqueue(storage, ...someJobs(2));
      const server = await aServer(storage);
      const least = await server.claim(1, { token: "1" });
      const greatest = await server.claim(1, { token: "9223372036854775807" });

      const statuses = await server.settleAll([...least, ...greatest], toSucceed());

      assert.deepEqual(statuses, ["settled", "settled"]);
    },
  },
  {
    id: "fence/old-locator",
    title: "a locator that is out of date does not keep a settlement from its job",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const first = await server.claimOne();
      await server.settle(first, toRetry(0));
      const second = await server.claimOne();
      const { jobId, token } = fenceOf(second);
      const old = first.locator === undefined ? {} : { locator: first.locator };

      const { settled } = await server.exchange({
        settle: [{ jobId, token, ...old, outcome: toSucceed() }],
      });

      assert.deepEqual(settled, ["settled"]);
    },
  },
  {
    id: "fence/without-locator",
    title: "a settlement without locator finds its job",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      const { locator: _locator, ...job } = await server.claimOne();

      const status = await server.settle(job, toSucceed());

      assert.equal(status, "settled");
    },
  },
];
