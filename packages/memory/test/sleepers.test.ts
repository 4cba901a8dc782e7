import { ManualClock, type NewJob } from "@revojs/core";
import { describe, expect, it } from "vitest";
import { MemoryJobStorage } from "../src/memory-job-storage.ts";
import { aClaim, aJob, aServer, claim, someJobs } from "./builders.ts";

function dueIn(delayMs: number): { readonly jobs: readonly NewJob[] } {
  return { jobs: [aJob({ start: { kind: "delay", delayMs } })] };
}

/** Servers that listen and found nothing; each pair is a server and the cause of its wake. */
async function sleeping(count: number): Promise<{ storage: MemoryJobStorage; wakes: string[][] }> {
  const storage = new MemoryJobStorage({ clock: new ManualClock() });
  await storage.open();
  const wakes: string[][] = [];
  for (let number = 1; number <= count; number++) {
    const serverId = `server-${number}`;
    await aServer(storage, serverId);
    await storage.wakeUps.listen({ serverId, onWake: (cause) => wakes.push([serverId, cause]) });
    await claim(storage, `${number}`, { serverId });
  }
  return { storage, wakes };
}

describe("wake-ups of the memory storage", () => {
  it("wake one server for one job, the one that sleeps longest", async () => {
    const { storage, wakes } = await sleeping(5);

    await storage.enqueue({ jobs: [aJob()] });

    expect(wakes).toEqual([["server-1", "jobs"]]);
  });

  it("wake a few servers for many jobs", async () => {
    const { storage, wakes } = await sleeping(10);

    await storage.enqueue({ jobs: someJobs(100) });

    expect(wakes.length).toBe(3);
  });

  it("are passed on by whoever claims its fill and leaves some, until everybody works", async () => {
    const { storage, wakes } = await sleeping(10);
    await storage.enqueue({ jobs: someJobs(100) });

    for (let next = 0; next < wakes.length; next++) {
      await claim(storage, `1${next}`, { serverId: wakes[next]?.[0] ?? "", limit: 1 });
    }

    expect(new Set(wakes.map(([serverId]) => serverId)).size).toBe(10);
  });

  it("are not sent twice to a server that has not claimed since", async () => {
    const { storage, wakes } = await sleeping(1);

    await storage.enqueue({ jobs: [aJob()] });
    await storage.enqueue({ jobs: [aJob()] });

    expect(wakes.length).toBe(1);
  });

  it("are not sent for queues that nobody hungers for, nor for paused ones", async () => {
    const { storage, wakes } = await sleeping(2);
    await storage.control.pauseQueue({ queue: "default", actor: "a", reason: "r" });

    await storage.enqueue({ jobs: [aJob(), aJob({ queue: "other" })] });
    const before = [...wakes];
    await storage.control.resumeQueue({ queue: "default", actor: "a" });

    expect(before).toEqual([]);
    expect(wakes).toEqual([["server-1", "jobs"]]);
  });

  it("tell one sleeper when another job became the earliest due", async () => {
    const { storage, wakes } = await sleeping(2);

    await storage.enqueue(dueIn(2000));
    await storage.enqueue(dueIn(3000));
    await storage.enqueue(dueIn(1000));

    expect(wakes).toEqual([
      ["server-1", "due"],
      ["server-1", "due"],
    ]);
  });

  it("do not tell a server what the reply to its own call tells", async () => {
    const { storage, wakes } = await sleeping(1);
    await storage.enqueue({ jobs: [aJob()] });
    const [job] = await claim(storage, "2", { limit: 9 });
    const retry = { kind: "retry", delayMs: 500, error: { fingerprint: "f", text: "t" } } as const;
    wakes.length = 0;

    const reply = await storage.exchange({
      serverId: "server-1",
      settle: [{ jobId: job?.id ?? "", token: "2", outcome: retry }],
      claim: aClaim("3"),
    });

    expect(reply.nextClaimInMs).toBe(500);
    expect(wakes).toEqual([]);
  });

  it("reach nobody who has stopped listening, and leave its turn to the next", async () => {
    const { storage, wakes } = await sleeping(0);
    await aServer(storage, "server-1");
    await aServer(storage, "server-2");
    for (const serverId of ["server-1", "server-2"]) {
      const listening = await storage.wakeUps.listen({
        serverId,
        onWake: (cause) => wakes.push([serverId, cause]),
      });
      if (serverId === "server-1") await listening.close();
      await claim(storage, "1", { serverId });
    }

    await storage.enqueue({ jobs: [aJob()] });

    expect(wakes).toEqual([["server-2", "jobs"]]);
  });
});
