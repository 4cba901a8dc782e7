import { ownServer } from "@revojs/conformance/servers";
import { Redis } from "ioredis";
import { describe, expect, it, onTestFinished } from "vitest";
import { toShortId } from "../src/job-ids.ts";
import { aJob } from "@revojs/conformance/fixtures";
import { aStorage } from "./a-storage.ts";
import { describeWithOwnServer } from "./own-server.ts";
import { keysOf } from "./redis-harness.ts";

const PASSWORD = "together";

// A replica that comes is sent the data at once; Redis 7 would wait five seconds for others to come.
const AT_ONCE = ["--repl-diskless-sync-delay", "0"];

describeWithOwnServer(
  'durability "replica"',
  { password: PASSWORD, arguments: AT_ONCE },
  async (master) => {
    const replica = await ownServer("redis", {
      local: true,
      password: PASSWORD,
      arguments: ["--replicaof", "127.0.0.1", new URL(master.url).port, "--masterauth", PASSWORD],
    });
    if (replica.kind === "missing") throw new Error(replica.reason);

    it("answers an enqueue when a replica has it", async () => {
      onTestFinished(() => replica.server.stop());
      const { storage, prefix } = await aStorage(master.url, { durability: "replica" });
      const reader = new Redis(replica.server.url);
      onTestFinished(() => reader.disconnect());
      expect(storage.capabilities.durability).toBe("quorum");
      await untilLinked(reader);

      const results = await storage.enqueue({ jobs: [aJob()] });

      expect(results).toEqual([{ kind: "created" }]);
      expect(await reader.zcard(`{${prefix}}:1:ids`)).toBe(1);

      const spread = await aStorage(master.url, { durability: "replica", partitions: 3 });
      const jobs = Array.from({ length: 20 }, (_, index) =>
        aJob({
          unique: { key: `key-${index}`, scope: "untilFinished", onConflict: "keep" },
        }),
      );
      await spread.storage.enqueue({ jobs });

      const ids = jobs.map(({ id }) => toShortId(id));
      const heads = await keysOf(reader, spread.prefix);
      expect(ids.filter((id) => !heads.some((key) => key.endsWith(`:j:${id}`)))).toEqual([]);
    });

    it("says that the outcome is unknown when no replica has it in time; the repeat finds the job", async () => {
      const { storage } = await aStorage(master.url, { durability: "replica", callTimeoutMs: 200 });
      const job = aJob();
      await expect.poll(() => linkedReplicas(master.url), { timeout: 5000 }).toBe(0);

      const enqueueing = storage.enqueue({ jobs: [job] });

      await expect(enqueueing).rejects.toMatchObject({ code: "REVO_STORAGE_OUTCOME_UNKNOWN" });
      expect(await storage.monitor.get([job.id])).toMatchObject([{ state: "enqueued" }]);
    });
  },
);

describeWithOwnServer('durability "disk"', { durable: true }, async ({ url, version }) => {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const hasWaitAof = major > 7 || (major === 7 && minor >= 2);

  it("answers an enqueue when it is on the disk", async ({ skip }) => {
    if (!hasWaitAof) skip(`Redis ${version} has no WAITAOF, which came with 7.2`);
    const { storage } = await aStorage(url, { durability: "disk" });

    const results = await storage.enqueue({ jobs: [aJob()] });

    expect(results).toEqual([{ kind: "created" }]);
    expect(storage.capabilities.durability).toBe("disk");
  });

  it("is refused by a server that has no WAITAOF", async ({ skip }) => {
    if (hasWaitAof) skip(`Redis ${version} has WAITAOF`);

    const opening = aStorage(url, { durability: "disk" });

    await expect(opening).rejects.toMatchObject({
      code: "REVO_STORAGE_VERSION",
      message: expect.stringContaining("Expected Redis 7.2 or newer"),
    });
  });
});

describe('durability "server"', () => {
  describeWithOwnServer(
    "without an append-only file",
    { arguments: ["--appendonly", "no"] },
    ({ url }) => {
      it("is that of the memory", async () => {
        const { storage } = await aStorage(url);

        expect(storage.capabilities.durability).toBe("memory");
      });
    },
  );

  describeWithOwnServer("with an append-only file", {}, ({ url }) => {
    it.each([
      ["everysec", "second", 0],
      ["always", "disk", 0],
      ["no", "memory", 1],
    ] as const)("is, with appendfsync %s, %s", async (fsync, durability, warned) => {
      const admin = new Redis(url);
      onTestFinished(() => admin.disconnect());
      await admin.config("SET", "appendfsync", fsync);

      const { storage } = await aStorage(url);

      expect(storage.capabilities.durability).toBe(durability);
      expect((await storage.open()).warnings).toHaveLength(warned);
    });
  });
});

async function untilLinked(replica: Redis): Promise<void> {
  await expect
    .poll(() => replica.info("replication"), { timeout: 10_000 })
    .toContain("master_link_status:up");
}

async function linkedReplicas(url: string): Promise<number> {
  const admin = new Redis(url);
  const info = await admin.info("replication");
  admin.disconnect();
  return Number(/connected_slaves:(\d+)/.exec(info)?.[1]);
}
