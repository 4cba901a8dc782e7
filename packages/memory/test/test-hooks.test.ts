import { ManualClock, type IJobStorage } from "@revojs/core";
import { describe, expect, it } from "vitest";
import { MemoryJobStorage } from "../src/memory-job-storage.ts";
import { aClaim, aJob, aServer, claim, DAY_MS, settlements, someJobs } from "./builders.ts";

const clock = new ManualClock();

async function aStorage(): Promise<MemoryJobStorage> {
  const storage = new MemoryJobStorage({ clock });
  await storage.open();
  await aServer(storage);
  return storage;
}

async function statesOf(storage: IJobStorage, ids: readonly string[]): Promise<readonly unknown[]> {
  return (await storage.monitor.get(ids)).map((record) => record?.state ?? null);
}

describe("crash", () => {
  it("cuts off the servers of the process and leaves their leases to be recovered", async () => {
    const storage = await aStorage();
    await storage.enqueue({ jobs: someJobs(2) });
    const held = await claim(storage, "1");

    storage.crash();

    await expect(claim(storage, "2")).rejects.toMatchObject({ code: "REVO_STORAGE_UNAVAILABLE" });
    await expect(storage.heartbeat({ serverId: "server-1", peers: 0 })).rejects.toMatchObject({
      code: "REVO_STORAGE_UNAVAILABLE",
    });
    await aServer(storage, "server-2");
    const { peers } = await storage.heartbeat({ serverId: "server-2", peers: 9 });
    expect(peers).toEqual([{ serverId: "server-1", beat: 1, leaseMs: 15_000, lost: false }]);
    const error = { fingerprint: "f", text: "t" };
    const recovery = {
      serverId: "server-1",
      beat: 1,
      limit: 9,
      delayMs: 0,
      retainMs: DAY_MS,
      error,
    };
    await storage.upkeep.recover(recovery);
    const again = await claim(storage, "3", { serverId: "server-2" });
    expect(again.map((job) => job.id)).toEqual(held.map((job) => job.id));
  });

  it("removes the listeners, also for wakes that are on their way", async () => {
    const storage = await aStorage();
    const causes: string[] = [];
    await storage.wakeUps.listen({ serverId: "server-1", onWake: (cause) => causes.push(cause) });
    await claim(storage, "1");

    const enqueued = storage.enqueue({ jobs: [aJob()] });
    storage.crash();
    await enqueued;

    expect(causes).toEqual([]);
  });
});

describe("snapshot and rollbackTo", () => {
  it("bring back every plane, every key, every server and every log as it was", async () => {
    const storage = await aStorage();
    const [done, running, waiting, bad] = someJobs(4, { tags: ["t"] });
    const scheduled = aJob({ start: { kind: "delay", delayMs: 1000 }, discardAfterMs: 1000 });
    const unique = { key: "k", scope: "untilFinished", onConflict: "keep" } as const;
    const keyed = aJob({ queue: "other", unique, discardAfterMs: DAY_MS });
    const jobs = [done, running, waiting, bad, scheduled, keyed].flatMap((job) => job ?? []);
    await storage.enqueue({ jobs });
    const held = await claim(storage, "1", { limit: 2 });
    const settle = settlements(held.slice(0, 1), "1", {
      kind: "succeed",
      retainMs: DAY_MS,
      result: "1",
    });
    await storage.exchange({ serverId: "server-1", settle });
    const line = { at: new Date(0), attempt: 1, level: "info", text: "hello" } as const;
    await storage.reports.report([
      { jobId: running?.id ?? "", token: "1", progress: 0.5, lines: [line] },
    ]);
    await storage.control.pauseQueue({ queue: "other", actor: "a", reason: "r" });
    const look = async (): Promise<unknown> => ({
      jobs: await storage.monitor.get(jobs.map((job) => job.id)),
      queues: await storage.monitor.queues(),
      servers: await storage.monitor.servers(),
      holders: await storage.monitor.holders(["k"]),
      logs: await storage.reports.logs(running?.id ?? "", { limit: 10 }),
      count: await storage.monitor.count({ states: ["succeeded"] }, { atMost: 10 }),
    });
    const before = await look();

    const snapshot = storage.snapshot();
    await storage.reports.report([{ jobId: running?.id ?? "", token: "1", lines: [line] }]);
    await storage.exchange({ serverId: "server-1", settle: settlements(held.slice(1), "1") });
    await storage.control.resumeQueue({ queue: "other", actor: "a" });
    await storage.control.delete({
      ids: [keyed.id, bad?.id ?? ""],
      actor: "a",
      reason: "r",
      retainMs: 0,
    });
    await storage.enqueue({ jobs: [aJob()] });
    await storage.unregister("server-1");
    const between = await look();
    storage.rollbackTo(snapshot);

    expect(between).not.toEqual(before);
    expect(await look()).toEqual(before);
  });

  it("may be used twice: what happens after a rollback does not reach into the snapshot", async () => {
    const storage = await aStorage();
    const jobs = someJobs(3);
    await storage.enqueue({ jobs });
    const snapshot = storage.snapshot();

    const claims: (readonly string[])[] = [];
    for (const token of ["1", "2"]) {
      storage.rollbackTo(snapshot);
      claims.push((await claim(storage, token)).map((job) => job.id));
    }

    expect(claims[0]).toEqual(jobs.map((job) => job.id));
    expect(claims[1]).toEqual(claims[0]);
  });

  it("undo a claim, so that its token means nothing after the next one", async () => {
    const storage = await aStorage();
    await storage.enqueue({ jobs: [aJob()] });
    const snapshot = storage.snapshot();
    const lost = await claim(storage, "1");

    storage.rollbackTo(snapshot);
    await claim(storage, "2");
    const settle = settlements(lost, "1");
    const { settled } = await storage.exchange({ serverId: "server-1", settle });

    expect(settled).toEqual(["stale"]);
  });
});

describe("reset", () => {
  it("empties the storage and makes it another one", async () => {
    const storage = await aStorage();
    const { storageId } = await storage.open();
    const job = aJob();
    await storage.enqueue({ jobs: [job] });

    storage.reset();

    const reply = await storage.heartbeat({ serverId: "server-1", peers: 0 });
    expect(reply.lease).toBe("lost");
    expect(reply.storageId).not.toBe(storageId);
    expect(await statesOf(storage, [job.id])).toEqual([null]);
  });
});

describe("corrupt", () => {
  it("makes a job that the next claim fails and every reader shows", async () => {
    const storage = await aStorage();
    const [bad, good] = someJobs(2);
    await storage.enqueue({ jobs: [bad, good].flatMap((job) => job ?? []) });

    storage.corrupt(bad?.id ?? "");

    expect((await claim(storage, "1")).map((job) => job.id)).toEqual([good?.id]);
    const [record] = await storage.monitor.get([bad?.id ?? ""]);
    expect(record).toMatchObject({ state: "failed", reason: "corrupt", corrupt: true, attempt: 0 });
  });
});

describe("operations", () => {
  it("grow by the jobs that a claim gives, not by those that wait", async () => {
    const storage = await aStorage();
    for (let batch = 0; batch < 20; batch++) await storage.enqueue({ jobs: someJobs(1000) });
    const before = storage.operations;

    await storage.exchange({
      serverId: "server-1",
      settle: [],
      claim: aClaim("1", { limit: 100 }),
    });

    expect(storage.operations - before).toBe(100);
  });

  it("are not spent on jobs that were deleted before", async () => {
    const storage = await aStorage();
    const dead = someJobs(5000);
    await storage.enqueue({ jobs: dead });
    await storage.enqueue({ jobs: someJobs(10) });
    const act = { ids: dead.map((job) => job.id), actor: "a", reason: "r", retainMs: 0 };
    await storage.control.delete(act);
    const before = storage.operations;

    const jobs = await claim(storage, "1", { limit: 10 });

    expect(jobs.length).toBe(10);
    expect(storage.operations - before).toBe(10);
  });
});
