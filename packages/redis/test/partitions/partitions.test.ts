import { randomUUID } from "node:crypto";
import { describeWithServer } from "@revojs/conformance/vitest";
import { Redis } from "ioredis";
import { afterAll, describe, expect, it, onTestFinished, test } from "vitest";
import { clockKeyOf, rootOf } from "../../src/keys.ts";
import { partitionPrefixes } from "../../src/partitions/partition-prefixes.ts";
import { aClaim, aJob, registerServer } from "@revojs/conformance/fixtures";
import { aStorage } from "../a-storage.ts";
import { startCluster } from "../cluster-of-three.ts";
import { callEverything } from "../every-call.ts";
import { keysOf } from "../redis-harness.ts";

describeWithServer("redis", "a storage in several partitions", ({ url }) => {
  it("says what it cannot do as in one slot", async () => {
    const { storage } = await aStorage(url, { partitions: 3 });

    expect(storage.capabilities).toMatchObject({ claimOrder: "window", atomicExchange: false });
    expect(storage.capabilities.followUps).toBeUndefined();
  });

  it("keeps about as many jobs in each of them, and touches no keys but theirs", async () => {
    const admin = adminOf(url);
    const { storage, prefix } = await aStorage(url, { partitions: 4 });
    await storage.enqueue({ jobs: Array.from({ length: 400 }, () => aJob()) });

    const counts = await Promise.all(
      partitionPrefixes(prefix, 4).map((each) => admin.zcard(`${rootOf(each)}ids`)),
    );

    expect(counts.reduce((sum, count) => sum + count)).toBe(400);
    expect(Math.min(...counts)).toBeGreaterThan(50);
    const keys = await keysOf(admin, prefix);
    const tags = new Set(keys.map((key) => key.slice(1, key.indexOf("}"))));
    expect([...tags].toSorted()).toEqual([prefix, ...partitionPrefixes(prefix, 4)].toSorted());
  });

  it("is refused when opened with another number of them, and nothing is lost", async () => {
    const { storage, prefix } = await aStorage(url, { partitions: 3 });
    const job = aJob();
    await storage.enqueue({ jobs: [job] });
    const before = await keysOf(adminOf(url), prefix);

    for (const partitions of [1, 2, 4]) {
      await expect(aStorage(url, { prefix, partitions })).rejects.toMatchObject({
        code: "REVO_STORAGE_MISCONFIGURED",
        message: expect.stringContaining("`partitions` to be 3"),
      });
    }

    expect((await keysOf(adminOf(url), prefix)).toSorted()).toEqual(before.toSorted());
    const again = await aStorage(url, { prefix, partitions: 3 });
    expect((await again.storage.monitor.get([job.id]))[0]?.id).toBe(job.id);
  });

  it("is not opened as several where it was made as one", async () => {
    const { storage, prefix } = await aStorage(url);
    await storage.enqueue({ jobs: [aJob()] });

    await expect(aStorage(url, { prefix, partitions: 2 })).rejects.toMatchObject({
      code: "REVO_STORAGE_MISCONFIGURED",
      message: expect.stringContaining("`partitions` to be 1"),
    });
  });

  it("tells each client of it the same id, and all another one once a part of it was emptied", async () => {
    const { storage, prefix } = await aStorage(url, { partitions: 3 });
    const { storageId } = await storage.open();
    const serverId = await registerServer(storage);
    const beat = () => storage.heartbeat({ serverId, peers: 0 });
    expect((await beat()).storageId).toBe(storageId);
    const admin = adminOf(url);

    for (const key of await keysOf(admin, partitionPrefixes(prefix, 3)[1] ?? "")) {
      await admin.del(key);
    }

    const { storageId: other, lease } = await beat();
    expect(other).not.toBe(storageId);
    expect(lease).toBe("lost");
    expect((await beat()).storageId).toBe(other);
    const second = await aStorage(url, { prefix, partitions: 3 });
    expect((await second.storage.open()).storageId).toBe(other);
  });

  it("needs no rights beyond the keys and channels of its prefix", async () => {
    const admin = adminOf(url);
    const [user, prefix] = [`test-${randomUUID()}`, `test-${randomUUID()}`];
    const names = [`{${prefix}}:*`, `{${prefix}#*}:*`];
    const patterns = ["resetchannels", ...names.flatMap((name) => [`~${name}`, `&${name}`])];
    await admin.acl("SETUSER", user, "on", ">secret", ...patterns, "+@all", "-@dangerous", "+info");
    onTestFinished(async () => {
      const again = new Redis(url);
      await again.acl("DELUSER", user);
      again.disconnect();
    });
    const address = new URL(url);
    address.username = user;
    address.password = "secret";

    const { storage } = await aStorage(address.href, { prefix, partitions: 3 });

    await callEverything(storage);
    await storage.wakeUps.listen({ serverId: randomUUID(), onWake: () => {} });
  });

  it("watches a server again that only one of the others knows, so that its jobs are recovered", async () => {
    const { storage, prefix } = await aStorage(url, { partitions: 3 });
    const serverId = await registerServer(storage);
    const jobs = Array.from({ length: 30 }, () => aJob());
    await storage.enqueue({ jobs });
    await storage.exchange({ serverId, settle: [], claim: aClaim() });
    const root = rootOf(partitionPrefixes(prefix, 3)[0] ?? "");
    const admin = adminOf(url);
    const held = await admin.keys(`${root}a:*`);
    await admin.del(`${root}servers`, ...(await admin.keys(`${root}s:*`)), ...held);
    expect(await storage.monitor.servers()).toEqual([]);

    await storage.upkeep.repair(100);

    const [stray] = await storage.monitor.servers();
    expect(stray).toMatchObject({ serverId, beat: 0, lost: false });
    const error = { fingerprint: "crash", text: "{}" };
    const recovery = { serverId, beat: 0, limit: 100, delayMs: 0, retainMs: 60_000, error };
    expect(await storage.upkeep.recover(recovery)).toMatchObject({
      kind: "recovered",
      more: false,
    });
    expect(await storage.monitor.servers()).toEqual([]);
  });

  it("claims all of a backlog once, however many claim at the same time", async () => {
    const { storage } = await aStorage(url, { partitions: 5 });
    const jobs = Array.from({ length: 500 }, () => aJob());
    await storage.enqueue({ jobs });
    const servers = await Promise.all(Array.from({ length: 6 }, () => registerServer(storage)));

    const claimed = await Promise.all(
      servers.map(async (serverId) => {
        const ids: string[] = [];
        for (;;) {
          const reply = await storage.exchange({
            serverId,
            settle: [],
            claim: aClaim({ limit: 20 }),
          });
          ids.push(...reply.jobs.map(({ id }) => id));
          if (reply.nextClaimInMs !== 0) return ids;
        }
      }),
    );

    expect(claimed.flat().toSorted()).toEqual(jobs.map(({ id }) => id).toSorted());
  });
});

describe("partitions in a Redis Cluster", async () => {
  const cluster = await startCluster();
  if ("reason" in cluster) {
    test("a cluster of three can be started", ({ skip }) => skip(cluster.reason));
    return;
  }
  afterAll(() => cluster[Symbol.asyncDispose]());

  it("are in other slots each, and one of three on each of three nodes", async () => {
    const client = cluster.connect();
    onTestFinished(() => client.disconnect());
    const { storage, prefix } = await aStorage("", { client, partitions: 3 });
    await storage.enqueue({ jobs: Array.from({ length: 90 }, () => aJob()) });

    const prefixes = partitionPrefixes(prefix, 3);
    const slots = await Promise.all(
      prefixes.map((each) => client.cluster("KEYSLOT", clockKeyOf(each))),
    );
    expect(new Set(slots).size).toBe(3);
    const nodes = client.nodes("master");
    expect(nodes).toHaveLength(3);
    for (const node of nodes) {
      const [, keys] = await node.scan("0", "MATCH", `{${prefix}#*}:*:j:*`, "COUNT", 10_000);
      expect(keys.length).toBeGreaterThan(10);
    }
  });

  it("answer within the deadline when a node is gone, and never that all was done", async () => {
    const client = cluster.connect();
    onTestFinished(() => client.disconnect());
    const { storage } = await aStorage("", { client, partitions: 3, callTimeoutMs: 500 });
    const serverId = await registerServer(storage);
    await cluster.crash(1);

    const calls = await Promise.allSettled([
      storage.enqueue({ jobs: Array.from({ length: 30 }, () => aJob()) }),
      storage.exchange({ serverId, settle: [], claim: aClaim() }),
      storage.heartbeat({ serverId, peers: 0 }),
    ]);

    const codes = calls.map((call) =>
      call.status === "rejected" ? (call.reason as { readonly code?: string }).code : "done",
    );
    for (const code of codes)
      expect(code).toMatch(/^REVO_STORAGE_(?:OUTCOME_UNKNOWN|UNAVAILABLE|TIMEOUT)$/);
  });
});

function adminOf(url: string): Redis {
  const admin = new Redis(url);
  onTestFinished(() => admin.disconnect());
  return admin;
}
