import assert from "node:assert/strict";
import type { UniqueKey } from "@revojs/core";
import { enqueue, enqueueOne, stateOf } from "../assertions.ts";
import {
  aJob,
  anAct,
  aUniqueJob,
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  SECOND_MS,
  toDelete,
  toFail,
  toRelease,
  toRetry,
  toSucceed,
} from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer } from "../server-driver.ts";

const scopes: readonly UniqueKey["scope"][] = [
  "untilStarted",
  "untilFinished",
  "retained",
  "window",
];

export const uniqueCases: readonly ConformanceCase[] = [
  ...scopes.map(
    (scope): ConformanceCase => ({
      id: `unique/duplicate-${scope}`,
      title: `a second job under a held key is a duplicate of the holder and is not stored (${scope})`,
      async run({ storage }) {
        const holder = aJob({ unique: keyOf(scope) });
        const other = aJob({ unique: keyOf(scope) });
        await enqueue(storage, holder);

        const result = await enqueueOne(storage, other);

        assert.deepEqual(result, { kind: "duplicate", jobId: holder.id });
        assert.equal(await stateOf(storage, other.id), null);
      },
    }),
  ),
  {
    id: "unique/in-batch",
    title: "of two jobs with one key in a batch the first is created",
    async run({ storage }) {
      const [first, second] = [aUniqueJob({}), aUniqueJob({})];

      const results = await storage.enqueue({ jobs: [first, second] });

      assert.deepEqual(results, [{ kind: "created" }, { kind: "duplicate", jobId: first.id }]);
    },
  },
  {
    id: "unique/whole-storage",
    title: "a key is held in the whole storage, whatever the queue and the type",
    async run({ storage }) {
      const holder = aUniqueJob({}, { queue: "a", type: "one" });
      await enqueue(storage, holder);

      const result = await enqueueOne(storage, aUniqueJob({}, { queue: "b", type: "two" }));

      assert.deepEqual(result, { kind: "duplicate", jobId: holder.id });
    },
  },
  {
    id: "unique/scopes-meet",
    title: "keys of different scopes are one key",
    async run({ storage }) {
      const holder = aUniqueJob({ scope: "retained" });
      await enqueue(storage, holder);

      const result = await enqueueOne(storage, aUniqueJob({ scope: "untilStarted" }));

      assert.deepEqual(result, { kind: "duplicate", jobId: holder.id });
    },
  },
  {
    id: "unique/other-keys",
    title: "jobs under other keys, or none, are not touched by a held key",
    async run({ storage }) {
      await enqueue(storage, aUniqueJob({ key: "k" }));

      const results = await storage.enqueue({ jobs: [aUniqueJob({ key: "K" }), aJob(), aJob()] });

      assert.deepEqual(
        results.map((result) => result.kind),
        ["created", "created", "created"],
      );
    },
  },
  {
    id: "unique/holders",
    title: "`holders` answers who holds each key now, in the order asked",
    async run({ storage }) {
      const [a, b] = [aUniqueJob({ key: "a" }), aUniqueJob({ key: "b" })];
      await enqueue(storage, a, b);

      const holders = await storage.monitor.holders(["b", "nobody", "a", "b"]);

      assert.deepEqual(holders, [b.id, null, a.id, b.id]);
    },
  },
  {
    id: "unique/repeat-is-exists",
    title: "the repeat of a job that holds its own key answers `exists`, not `duplicate`",
    async run({ storage }) {
      const job = aUniqueJob({});
      await enqueue(storage, job);

      const result = await enqueueOne(storage, job, true);

      assert.deepEqual(result, { kind: "exists" });
    },
  },
  {
    id: "unique/until-started-claim",
    title:
      "untilStarted: the first claim frees the key, so the next job can wait beside the running one",
    async run({ storage }) {
      const first = aUniqueJob({ scope: "untilStarted" });
      await enqueue(storage, first);
      const server = await aServer(storage);
      await server.claimOne();

      const second = aUniqueJob({ scope: "untilStarted" });
      const result = await enqueueOne(storage, second);

      assert.deepEqual(result, { kind: "created" });
      assert.deepEqual(await storage.monitor.holders(["invoice-42"]), [second.id]);
    },
  },
  ...[
    { name: "retry", outcome: toRetry(0) },
    { name: "retry-later", outcome: toRetry(HOUR_MS) },
    { name: "release", outcome: toRelease() },
  ].map(
    ({ name, outcome }): ConformanceCase => ({
      id: `unique/until-started-after-${name}`,
      title: `untilStarted: a ${name} neither needs the key nor takes it back`,
      async run({ storage }) {
        const first = aUniqueJob({ scope: "untilStarted" });
        await enqueue(storage, first);
        const server = await aServer(storage);
        const held = await server.claimOne();
        const second = aUniqueJob({ scope: "untilStarted" });
        await enqueue(storage, second);

        const status = await server.settle(held, outcome);

        assert.equal(status, "settled");
        assert.deepEqual(await storage.monitor.holders(["invoice-42"]), [second.id]);
      },
    }),
  ),
  {
    id: "unique/until-started-after-recover",
    title: "untilStarted: recovery neither needs the key nor takes it back",
    async run({ storage }) {
      const first = aUniqueJob({ scope: "untilStarted" });
      await enqueue(storage, first);
      const server = await aServer(storage);
      await server.claimOne();
      const second = aUniqueJob({ scope: "untilStarted" });
      await enqueue(storage, second);

      await server.recover();

      assert.equal(await stateOf(storage, first.id), "enqueued");
      assert.deepEqual(await storage.monitor.holders(["invoice-42"]), [second.id]);
    },
  },
  {
    id: "unique/until-started-free-stays-free",
    title: "untilStarted: a key freed by a claim stays free after the job was released",
    async run({ storage }) {
      await enqueue(storage, aUniqueJob({ scope: "untilStarted" }));
      const server = await aServer(storage);

      await server.settle(await server.claimOne(), toRelease());

      assert.deepEqual(await storage.monitor.holders(["invoice-42"]), [null]);
    },
  },
  {
    id: "unique/until-finished-held",
    title:
      "untilFinished: the key is held while processing and through retry, release and recovery",
    async run({ storage, advance }) {
      const job = aUniqueJob({ scope: "untilFinished" });
      await enqueue(storage, job);
      const server = await aServer(storage);
      const assertHeld = async (): Promise<void> =>
        assert.deepEqual(await enqueueOne(storage, aUniqueJob({})), {
          kind: "duplicate",
          jobId: job.id,
        });

      const first = await server.claimOne();
      await assertHeld();
      await server.settle(first, toRetry(MINUTE_MS));
      await assertHeld();
      await advance(2 * MINUTE_MS);
      await server.settle(await server.claimOne(), toRelease());
      await assertHeld();
      await server.claimOne();
      await server.recover();
      await assertHeld();
    },
  },
  ...[toSucceed(), toFail(), toDelete()].map(
    (outcome): ConformanceCase => ({
      id: `unique/until-finished-freed-by-${outcome.kind}`,
      title: `untilFinished: ${outcome.kind} frees the key`,
      async run({ storage }) {
        await enqueue(storage, aUniqueJob({ scope: "untilFinished" }));
        const server = await aServer(storage);

        await server.settle(await server.claimOne(), outcome);

        assert.deepEqual(await storage.monitor.holders(["invoice-42"]), [null]);
        assert.deepEqual(await enqueueOne(storage, aUniqueJob({})), { kind: "created" });
      },
    }),
  ),
  ...scopes
    .filter((scope) => scope !== "window")
    .map(
      (scope): ConformanceCase => ({
        id: `unique/freed-by-control-delete-${scope}`,
        title: `${scope}: an operator's deletion of a waiting job frees the key at once`,
        async run({ storage }) {
          const job = aUniqueJob({ scope });
          await enqueue(storage, job);

          await storage.control.delete({ ...anAct([job.id]), retainMs: DAY_MS });

          assert.deepEqual(await enqueueOne(storage, aUniqueJob({ scope })), { kind: "created" });
        },
      }),
    ),
  {
    id: "unique/deletion-requested-holds",
    title: "a processing job whose deletion was requested holds its key until it is settled",
    async run({ storage }) {
      const job = aUniqueJob({ scope: "untilFinished" });
      await enqueue(storage, job);
      const server = await aServer(storage);
      const held = await server.claimOne();
      await storage.control.delete({ ...anAct([job.id]), retainMs: DAY_MS });

      assert.deepEqual(await storage.monitor.holders(["invoice-42"]), [job.id]);
      await server.settle(held, toRetry(0));

      assert.deepEqual(await storage.monitor.holders(["invoice-42"]), [null]);
    },
  },
  ...[toSucceed(), toFail()].map(
    (outcome): ConformanceCase => ({
      id: `unique/retained-after-${outcome.kind}`,
      title: `retained: the key is held after ${outcome.kind} until the job is pruned`,
      async run({ storage, advance }) {
        const job = aUniqueJob({ scope: "retained" });
        await enqueue(storage, job);
        const server = await aServer(storage);
        await server.settle(await server.claimOne(), { ...outcome, retainMs: HOUR_MS });

        const result = await enqueueOne(storage, aUniqueJob({ scope: "retained" }));
        assert.deepEqual(result, { kind: "duplicate", jobId: job.id });
        await advance(HOUR_MS + SECOND_MS);
        await storage.upkeep.prune(100);

        assert.deepEqual(await enqueueOne(storage, aUniqueJob({ scope: "retained" })), {
          kind: "created",
        });
      },
    }),
  ),
  {
    id: "unique/retained-freed-by-deletion-after-success",
    title: "retained: deleting the finished job frees the key at once",
    async run({ storage }) {
      const job = aUniqueJob({ scope: "retained" });
      await enqueue(storage, job);
      const server = await aServer(storage);
      await server.settle(await server.claimOne(), toSucceed());

      await storage.control.delete({ ...anAct([job.id]), retainMs: DAY_MS });

      assert.deepEqual(await storage.monitor.holders(["invoice-42"]), [null]);
    },
  },
  {
    id: "unique/retained-freed-by-delete-outcome",
    title: "retained: an attempt that ends in deletion frees the key at once",
    async run({ storage }) {
      await enqueue(storage, aUniqueJob({ scope: "retained" }));
      const server = await aServer(storage);

      await server.settle(await server.claimOne(), toDelete());

      assert.deepEqual(await storage.monitor.holders(["invoice-42"]), [null]);
    },
  },
];

function keyOf(scope: UniqueKey["scope"]): UniqueKey {
  const unique = { key: "invoice-42", scope, onConflict: "keep" } as const;
  return scope === "window" ? { ...unique, windowMs: HOUR_MS } : unique;
}
