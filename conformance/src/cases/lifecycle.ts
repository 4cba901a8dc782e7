import assert from "node:assert/strict";
import { hasCode, type IJobStorage } from "@revojs/core";
import { assertRefused, enqueue, stateOf } from "../assertions.ts";
import { aClaim, aJob, anAct, anError, anId } from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer } from "../server-driver.ts";

export const lifecycleCases: readonly ConformanceCase[] = [
  {
    id: "lifecycle/open-twice",
    title: "opening twice is one open, at the same time as well",
    opened: false,
    async run({ storage }) {
      const [first, second] = await Promise.all([storage.open(), storage.open()]);
      const third = await storage.open();

      assert.equal(second.storageId, first.storageId);
      assert.equal(third.storageId, first.storageId);
    },
  },
  {
    id: "lifecycle/identity",
    title: "open answers who the storage is",
    opened: false,
    async run({ storage }) {
      const identity = await storage.open();

      assert.ok(identity.storageId.length > 0);
      assert.ok(Number.isInteger(identity.schemaVersion));
      assert.ok(Array.isArray(identity.warnings));
    },
  },
  {
    id: "lifecycle/identity-differs",
    title: "two stores have two identities",
    async run({ storage, fresh }) {
      const other = await fresh();

      const identities = [await storage.open(), await other.storage.open()];

      assert.notEqual(identities[0]?.storageId, identities[1]?.storageId);
    },
  },
  {
    id: "lifecycle/identity-in-heartbeat",
    title: "every heartbeat reply carries the identity that open answered",
    async run({ storage }) {
      const { storageId } = await storage.open();
      const server = await aServer(storage);

      const reply = await server.heartbeat();

      assert.equal(reply.storageId, storageId);
    },
  },
  {
    id: "lifecycle/capabilities",
    title: "the capabilities are within the bounds of the contract",
    async run({ storage: { capabilities } }) {
      assert.equal(capabilities.contractVersion, 1);
      assert.ok(capabilities.name.length > 0);
      assert.ok(["memory", "second", "disk", "quorum"].includes(capabilities.durability));
      assert.ok(["strict", "window"].includes(capabilities.claimOrder));
      assert.equal(typeof capabilities.atomicExchange, "boolean");
      assert.ok(capabilities.maxBatch >= 100);
      assert.ok(capabilities.maxTextBytes >= 1024 * 1024);
      assert.ok(capabilities.filters.states, "a console needs at least the filter `states`");
      assert.ok(capabilities.filters.queues, "a console needs at least the filter `queues`");
    },
  },
  {
    id: "lifecycle/before-open",
    title: "every call before open is refused with REVO_CLOSED by a rejected promise",
    opened: false,
    async run({ storage }) {
      for (const [name, call] of everyCall(storage)) {
        await assertRefused(call, "REVO_CLOSED").catch((error: unknown) => fail(name, error));
      }
    },
  },
  {
    id: "lifecycle/after-close",
    title: "every call after close is refused with REVO_CLOSED by a rejected promise",
    async run({ storage }) {
      await storage.close();

      for (const [name, call] of everyCall(storage)) {
        await assertRefused(call, "REVO_CLOSED").catch((error: unknown) => fail(name, error));
      }
    },
  },
  {
    id: "lifecycle/close-twice",
    title: "closing twice is one close, at the same time as well",
    async run({ storage }) {
      await Promise.all([storage.close(), storage.close()]);
      await storage.close();
    },
  },
  {
    id: "lifecycle/close-unopened",
    title: "closing what was never opened does nothing",
    opened: false,
    async run({ storage }) {
      await storage.close();
    },
  },
  {
    id: "lifecycle/close-waits",
    title: "calls in flight end before close does",
    async run({ storage }) {
      const order: string[] = [];
      const job = aJob();

      const enqueued = storage.enqueue({ jobs: [job] }).then((results) => {
        order.push("enqueue");
        return results;
      });
      const closed = storage.close().then(() => order.push("close"));
      const [results] = await Promise.all([enqueued, closed]);

      assert.deepEqual(results, [{ kind: "created" }]);
      assert.deepEqual(order, ["enqueue", "close"]);
    },
  },
  {
    id: "lifecycle/close-race",
    title: "calls made while it closes are answered or refused with REVO_CLOSED",
    async run({ storage }) {
      const calls = everyCall(storage).map(([, call]) => call);

      const settled = await Promise.allSettled([
        ...calls.map((call) => call()),
        storage.close(),
        ...calls.map((call) => call()),
      ]);

      for (const result of settled) {
        if (result.status === "fulfilled") continue;
        assert.ok(hasCode(result.reason, "REVO_CLOSED"), `unexpected ${String(result.reason)}`);
      }
    },
  },
  {
    id: "lifecycle/clients-share",
    title: "what one client stored the other client reads",
    async run({ storage, second }) {
      const other = await second();
      const job = aJob();

      await enqueue(storage, job);

      assert.equal(await stateOf(other, job.id), "enqueued");
    },
  },
  {
    id: "lifecycle/clients-same-identity",
    title: "two clients of one store open with the same identity",
    async run({ storage, second }) {
      const other = await second();

      const identities = [await storage.open(), await other.open()];

      assert.equal(identities[0]?.storageId, identities[1]?.storageId);
    },
  },
  {
    id: "lifecycle/clients-close-alone",
    title: "closing one client leaves the other at work",
    needs: ["hook:second"],
    async run({ storage, second }) {
      const other = await second();

      await storage.close();

      const job = aJob();
      await enqueue(other, job);
      assert.equal(await stateOf(other, job.id), "enqueued");
    },
  },
  {
    id: "lifecycle/empty-batches",
    title: "an empty batch answers an empty list",
    async run({ storage }) {
      const { control, monitor } = storage;

      assert.deepEqual(await storage.enqueue({ jobs: [] }), []);
      assert.deepEqual(await monitor.get([]), []);
      assert.deepEqual(await monitor.holders([]), []);
      assert.deepEqual(await monitor.outcomes([]), []);
      assert.deepEqual(await control.delete({ ...anAct([]), retainMs: 0 }), []);
      assert.deepEqual(await control.requeue({ ...anAct([]), resetAttempts: false }), []);
      assert.deepEqual(await control.reschedule({ ...anAct([]), start: { kind: "now" } }), []);
      assert.deepEqual(await control.move({ ...anAct([]), priority: 1 }), []);
    },
  },
  {
    id: "lifecycle/empty-exchange",
    title: "an exchange that asks for nothing answers nothing",
    async run({ storage }) {
      const server = await aServer(storage);

      const reply = await server.exchange();

      assert.deepEqual(reply.settled, []);
      assert.deepEqual(reply.jobs, []);
      assert.equal(reply.lease, "held");
    },
  },
];

function everyCall(
  storage: IJobStorage<unknown>,
): readonly (readonly [name: string, call: () => Promise<unknown>])[] {
  const { control, monitor, upkeep } = storage;
  const act = anAct([anId()]);
  const serverId = anId();
  const recovery = { serverId, beat: 1, limit: 1, delayMs: 0, retainMs: 0, error: anError() };
  const page = { filter: {}, order: "natural", limit: 1, scanLimit: 1, detail: "ids" } as const;
  return [
    ["enqueue", () => storage.enqueue({ jobs: [aJob()] })],
    ["exchange", () => storage.exchange({ serverId, settle: [], claim: aClaim() })],
    ["register", () => storage.register({ serverId, leaseMs: 15_000, info: "{}" })],
    ["heartbeat", () => storage.heartbeat({ serverId, peers: 0 })],
    ["unregister", () => storage.unregister(serverId)],
    ["upkeep.takeTurn", () => upkeep.takeTurn("prune", 1000)],
    ["upkeep.promote", () => upkeep.promote(1)],
    ["upkeep.recover", () => upkeep.recover(recovery)],
    ["upkeep.prune", () => upkeep.prune(1)],
    ["upkeep.repair", () => upkeep.repair(1)],
    ["control.delete", () => control.delete({ ...act, retainMs: 0 })],
    ["control.requeue", () => control.requeue({ ...act, resetAttempts: true })],
    ["control.reschedule", () => control.reschedule({ ...act, start: { kind: "now" } })],
    ["control.move", () => control.move({ ...act, priority: 1 })],
    [
      "control.replaceContent",
      () =>
        control.replaceContent({ ...act, payload: "1", envelope: "{}", tags: [], maxAttempts: 1 }),
    ],
    ["control.pauseQueue", () => control.pauseQueue({ queue: "q", actor: "a", reason: "r" })],
    ["control.resumeQueue", () => control.resumeQueue({ queue: "q", actor: "a" })],
    ["control.signalServer", () => control.signalServer(serverId, "stop")],
    ["monitor.get", () => monitor.get([anId()])],
    ["monitor.holders", () => monitor.holders(["key"])],
    ["monitor.outcomes", () => monitor.outcomes([anId()])],
    ["monitor.find", () => monitor.find(page)],
    ["monitor.count", () => monitor.count({}, { atMost: 1 })],
    ["monitor.queues", () => monitor.queues()],
    ["monitor.servers", () => monitor.servers()],
  ];
}

function fail(call: string, cause: unknown): never {
  throw new Error(`${call}: ${String(cause)}`, { cause });
}
