import type { JobFilter } from "@revojs/core";
import { describeWithServer } from "@revojs/conformance/vitest";
import { Redis } from "ioredis";
import { expect, it, onTestFinished } from "vitest";
import { rootOf } from "../src/keys.ts";
import { toShortId } from "../src/job-ids.ts";
import type { RedisJobStorage } from "../src/redis-job-storage.ts";
import { aClaim, aJob, registerServer } from "@revojs/conformance/fixtures";
import { aStorage } from "./a-storage.ts";

const act = { actor: "alice", reason: "asked by the customer" };

describeWithServer("redis", "the indexes of types and tags", ({ url }) => {
  it("are declared", async () => {
    const { storage } = await aStorage(url, { indexTags: true });

    expect(storage.capabilities.filters).toMatchObject({ types: "indexed", tags: "indexed" });
  });

  it("let a few jobs be found and counted among many without a look at the others", async () => {
    const { storage } = await aStorage(url, { indexTags: true });
    const rare = [aJob({ tags: ["eu", "rare"] }), aJob({ type: "rare" })];
    await storage.enqueue({ jobs: [...manyJobs(400), ...rare, ...manyJobs(400)] });

    for (const filter of [{ tags: ["rare", "none"] }, { types: ["rare"], tags: [] }]) {
      const { tags, types } = filter as JobFilter;
      const wanted = tags?.length ? { tags } : { types: types ?? [] };
      const page = await find(storage, wanted);

      expect(page.jobs).toHaveLength(1);
      expect(page.scanned).toBe(1);
      expect(page.next).toBeNull();
      expect(await storage.monitor.count(wanted, { atMost: 10 })).toEqual({
        count: 1,
        exact: true,
      });
    }
  });

  it("are paged by id over several tags, each job once", async () => {
    const { storage } = await aStorage(url, { indexTags: true });
    const jobs = Array.from({ length: 30 }, (_, index) =>
      aJob({ tags: index % 3 === 0 ? ["a", "b"] : [index % 3 === 1 ? "a" : "b"] }),
    );
    await storage.enqueue({ jobs });

    const told: string[] = [];
    let after: string | undefined;
    do {
      const page = await find(storage, { tags: ["a", "b"] }, { limit: 7, after });
      told.push(...page.jobs.map(({ id }) => id));
      after = page.next ?? undefined;
    } while (after !== undefined);

    expect(told).toEqual(jobs.map(({ id }) => id).toSorted());
  });

  it("follow what becomes of a job, and are empty when all are gone", async () => {
    const { storage, prefix } = await aStorage(url, { indexTags: true });
    const admin = new Redis(url);
    onTestFinished(() => admin.disconnect());
    const unique = { key: "a", scope: "untilFinished", onConflict: "replace" } as const;
    const later = { kind: "delay", delayMs: 60_000 } as const;
    const job = aJob({ tags: ["one"], unique, start: later });
    await storage.enqueue({ jobs: [job] });

    await storage.enqueue({ jobs: [aJob({ tags: ["two"], unique, start: later })] });
    expect(await membersOf(admin, prefix, "one")).toEqual([]);
    expect(await membersOf(admin, prefix, "two")).toEqual([toShortId(job.id)]);

    const content = { payload: "1", envelope: "{}", tags: ["three"], maxAttempts: 3 };
    await storage.control.replaceContent({ ...act, ids: [job.id], ...content });
    expect(await membersOf(admin, prefix, "two")).toEqual([]);
    expect(await membersOf(admin, prefix, "three")).toEqual([toShortId(job.id)]);

    await storage.enqueue({ jobs: [aJob({ tags: ["three"] }), aJob({ tags: ["three"] })] });
    const serverId = await registerServer(storage);
    const claim = aClaim();
    const { jobs: held } = await storage.exchange({ serverId, settle: [], claim });
    const outcome = { kind: "succeed", retainMs: 0 } as const;
    const settle = held.map(({ id }) => ({ jobId: id, token: claim.token, outcome }));
    await storage.exchange({ serverId, settle });
    await storage.control.delete({ ...act, ids: [job.id], retainMs: 0 });
    expect(held).toHaveLength(2);
    expect(await admin.keys(`${rootOf(prefix)}[gt]:*`)).toEqual([]);
  });

  it("are fixed when the storage is made: opened otherwise it is refused, and nothing changes", async () => {
    for (const indexTags of [true, false]) {
      const { storage, prefix } = await aStorage(url, { indexTags });
      await storage.enqueue({ jobs: [aJob()] });

      await expect(aStorage(url, { prefix, indexTags: !indexTags })).rejects.toMatchObject({
        code: "REVO_STORAGE_MISCONFIGURED",
        message: expect.stringContaining(`\`indexTags\` to be ${String(indexTags)}`),
      });

      expect((await aStorage(url, { prefix, indexTags })).storage.capabilities.name).toBe("redis");
    }
  });

  it("are there again after everything was deleted under a running server", async () => {
    const { storage, prefix } = await aStorage(url, { indexTags: true });
    const admin = new Redis(url);
    onTestFinished(() => admin.disconnect());
    await admin.del(`{${prefix}}:storage`);

    await storage.heartbeat({ serverId: await registerServer(storage), peers: 0 });

    await expect(aStorage(url, { prefix })).rejects.toMatchObject({
      code: "REVO_STORAGE_MISCONFIGURED",
    });
  });
});

function manyJobs(count: number) {
  return Array.from({ length: count }, () => aJob({ tags: ["eu", "common"] }));
}

async function find(
  storage: RedisJobStorage,
  filter: JobFilter,
  { limit = 10, after }: { readonly limit?: number; readonly after?: string | undefined } = {},
) {
  return storage.monitor.find({
    filter,
    order: "oldest",
    limit,
    scanLimit: 10_000,
    detail: "summary",
    ...(after !== undefined && { after }),
  });
}

async function membersOf(admin: Redis, prefix: string, tag: string): Promise<readonly string[]> {
  return admin.zrange(`${rootOf(prefix)}g:${tag}`, 0, "-1");
}
