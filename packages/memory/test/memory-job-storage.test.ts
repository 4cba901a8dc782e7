import { type LogLine, ManualClock } from "@revojs/core";
import { describe, expect, it } from "vitest";
import { MemoryJobStorage } from "../src/memory-job-storage.ts";
import { aJob, aServer, claim, DAY_MS, drain, settlements, someJobs } from "./builders.ts";

async function aStorage(maxFinished?: number): Promise<MemoryJobStorage> {
  const options = maxFinished === undefined ? {} : { maxFinished };
  const storage = new MemoryJobStorage({ clock: new ManualClock(), ...options });
  await storage.open();
  await aServer(storage);
  return storage;
}

function aLine(text: string): LogLine {
  return { at: new Date(0), attempt: 1, level: "info", text };
}

describe("MemoryJobStorage", () => {
  it("is closed before `open` and after `close`", async () => {
    const storage = new MemoryJobStorage();
    const closed = { code: "REVO_CLOSED" };

    await expect(storage.enqueue({ jobs: [] })).rejects.toMatchObject(closed);
    await storage.open();
    await storage.enqueue({ jobs: [] });
    await storage.close();
    await expect(storage.monitor.queues()).rejects.toMatchObject(closed);
    await expect(storage.upkeep.repair(1)).rejects.toMatchObject(closed);
  });

  it("keeps its jobs when it is closed and opened again", async () => {
    const storage = await aStorage();
    const job = aJob();
    await storage.enqueue({ jobs: [job] });

    await storage.close();
    await storage.open();

    expect((await claim(storage, "1")).map(({ id }) => id)).toEqual([job.id]);
  });

  it("keeps at most `maxFinished` finished jobs: who finished first leaves first", async () => {
    const storage = await aStorage(3);
    const jobs = someJobs(5);
    await storage.enqueue({ jobs });

    await drain(storage, "1");

    const records = await storage.monitor.get(jobs.map((job) => job.id));
    const states = records.map((record) => record?.state ?? null);
    expect(states).toEqual([null, null, "succeeded", "succeeded", "succeeded"]);
  });

  it("keeps 10,000 finished jobs by default", async () => {
    const storage = await aStorage();
    for (let batch = 0; batch < 11; batch++) {
      await storage.enqueue({ jobs: someJobs(1000) });
      await drain(storage, String(batch + 1));
    }

    const { count } = await storage.monitor.count({}, { atMost: 100_000 });

    expect(count).toBe(10_000);
  });

  it("frees a retained unique key when its job is crowded out", async () => {
    const storage = await aStorage(1);
    const unique = { key: "k", scope: "retained", onConflict: "keep" } as const;
    await storage.enqueue({ jobs: [aJob({ unique })] });
    await drain(storage, "1");
    const held = await storage.monitor.holders(["k"]);

    await storage.enqueue({ jobs: [aJob()] });
    await drain(storage, "2");

    expect(held).not.toEqual([null]);
    expect(await storage.monitor.holders(["k"])).toEqual([null]);
  });

  it("does not let a caller change what is stored through a reply or a request", async () => {
    const storage = await aStorage();
    const tags = ["a"];
    const error = { fingerprint: "f", text: "t" };
    const job = aJob({ tags });
    await storage.enqueue({ jobs: [job] });
    await drain(storage, "1", { kind: "fail", retainMs: DAY_MS, reason: "attempts", error });
    const [before] = await storage.monitor.get([job.id]);
    const expected = structuredClone(before);

    tags.push("b");
    error.text = "changed";
    before?.createdAt.setTime(0);
    before?.finishedAt?.setTime(0);
    before?.history?.[0]?.at.setTime(0);
    (before?.tags as string[] | undefined)?.push("c");

    expect(await storage.monitor.get([job.id])).toEqual([expected]);
  });

  it("keeps strings code unit for code unit, lone surrogates and NUL included", async () => {
    const storage = await aStorage();
    const payload = "\u0000\ud800\udfff\udfff\ud800 é \u{1f600}";
    await storage.enqueue({ jobs: [aJob({ payload })] });

    const [job] = await claim(storage, "1");

    expect(job?.payload).toBe(payload);
  });

  it("answers a claim within its bound when a crowd of jobs came too late", async () => {
    const clock = new ManualClock();
    const storage = new MemoryJobStorage({ clock });
    await storage.open();
    await aServer(storage);
    await storage.enqueue({ jobs: someJobs(2500, { discardAfterMs: 1000 }) });
    const good = aJob();
    await storage.enqueue({ jobs: [good] });
    await clock.advance(1000);

    const replies = [];
    for (const token of ["1", "2", "3"]) {
      const request = { token, queues: [{ queue: "default", limit: 9 }], limit: 9 };
      const rest = { promoteLimit: 0, maxBytes: 1 << 20 };
      replies.push(
        await storage.exchange({
          serverId: "server-1",
          settle: [],
          claim: { ...request, ...rest },
        }),
      );
    }

    expect(replies.map((reply) => reply.nextClaimInMs)).toEqual([0, 0, null]);
    expect(replies.map((reply) => reply.jobs.map((job) => job.id))).toEqual([[], [], [good.id]]);
  });

  it("drops finished jobs of many retention times in due time", async () => {
    const clock = new ManualClock();
    const storage = new MemoryJobStorage({ clock });
    await storage.open();
    await aServer(storage);
    const jobs = someJobs(20);
    await storage.enqueue({ jobs });
    const held = await claim(storage, "1");
    for (const [index, job] of held.entries()) {
      const outcome = { kind: "succeed", retainMs: ((index * 7) % 20) + 1 } as const;
      await storage.exchange({ serverId: "server-1", settle: settlements([job], "1", outcome) });
    }

    const left: number[] = [];
    for (let ms = 1; ms <= 20; ms++) {
      await clock.advance(1);
      await storage.upkeep.prune(1000);
      left.push((await storage.monitor.count({}, { atMost: 100 })).count);
    }

    expect(left).toEqual(Array.from({ length: 20 }, (_, index) => 19 - index));
  });

  it("keeps the newest thousand log lines of a job, and cursors stay true", async () => {
    const storage = await aStorage();
    await storage.enqueue({ jobs: [aJob()] });
    const [job] = await claim(storage, "1");
    const jobId = job?.id ?? "";
    const write = async (from: number, to: number): Promise<void> => {
      const lines = Array.from({ length: to - from }, (_, index) => aLine(String(from + index)));
      await storage.reports.report([{ jobId, token: "1", lines }]);
    };
    await write(0, 1500);
    const first = await storage.reports.logs(jobId, { limit: 1200 });

    await write(1500, 2600);
    const second = await storage.reports.logs(jobId, { after: first.next ?? "", limit: 2000 });

    expect(first.lines.length).toBe(1200);
    expect(second.lines[0]?.text).toBe("1600");
    expect(second.lines.at(-1)?.text).toBe("2599");
    expect(second.next).toBeNull();
  });

  it("refuses a cursor that it did not make", async () => {
    const storage = await aStorage();
    const request = { filter: {}, order: "newest", limit: 1, scanLimit: 1, detail: "ids" } as const;
    const invalid = { code: "REVO_CURSOR_INVALID" };

    await expect(storage.reports.logs("x", { after: "nonsense", limit: 1 })).rejects.toMatchObject(
      invalid,
    );
    await expect(storage.monitor.find({ ...request, after: "nonsense" })).rejects.toMatchObject(
      invalid,
    );
  });

  it("refuses a cursor of another order", async () => {
    const storage = await aStorage();
    await storage.enqueue({ jobs: someJobs(2) });
    const request = { filter: {}, limit: 1, scanLimit: 9, detail: "ids" } as const;
    const { next } = await storage.monitor.find({ ...request, order: "newest" });

    const other = storage.monitor.find({ ...request, order: "oldest", after: next ?? "" });

    await expect(other).rejects.toMatchObject({ code: "REVO_CURSOR_INVALID" });
  });
});
