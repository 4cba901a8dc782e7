import { describeWithServer } from "@revojs/conformance/vitest";
import { Redis } from "ioredis";
import { expect, it, onTestFinished } from "vitest";
import { toShortId } from "../src/job-ids.ts";
import { clockKeyOf, rootOf } from "../src/keys.ts";
import { aClaim, aJob, registerServer } from "@revojs/conformance/fixtures";
import { aStorage } from "./a-storage.ts";
import { callEverything } from "./every-call.ts";

const inAMinute = { start: { kind: "delay", delayMs: 60_000 } } as const;

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1;
}

describeWithServer("redis", "the scripts of a Redis storage", ({ url }) => {
  it("are brought back when the server forgot them", async () => {
    const { storage } = await aStorage(url);
    const admin = adminOf(url);
    await callEverything(storage);
    await admin.script("FLUSH");

    await expect(callEverything(storage)).resolves.toBeUndefined();
  });

  it("are sent by their digest once the server knows them", async () => {
    const { storage } = await aStorage(url);
    const admin = adminOf(url);
    await storage.enqueue({ jobs: [aJob()] });
    const before = await callsOf(admin, "eval");

    for (let call = 0; call < 10; call++) await storage.enqueue({ jobs: [aJob()] });

    expect((await callsOf(admin, "eval")) - before).toBe(0);
  });

  it("give a job back behind those that came back before it, if they were before it", async () => {
    const { storage } = await aStorage(url);
    const serverId = await registerServer(storage);
    const jobs = Array.from({ length: 300 }, (_, index) => aJob({ id: inOrder(index) }));
    await storage.enqueue({ jobs });
    const claim = aClaim({ limit: 300, queues: [{ queue: "default", limit: 300 }] });
    const { jobs: held } = await storage.exchange({ serverId, settle: [], claim });
    const shuffled = held.toSorted((one, other) =>
      one.id.slice(-4) < other.id.slice(-4) ? -1 : 1,
    );

    for (const { id } of shuffled) {
      const outcome = { kind: "release", delayMs: 0, refundAttempt: true, reason: "stop" } as const;
      await storage.exchange({ serverId, settle: [{ jobId: id, token: claim.token, outcome }] });
    }

    const again = await storage.exchange({ serverId, settle: [], claim: { ...claim, token: "9" } });
    expect(again.jobs.map((job) => job.id)).toEqual(jobs.map((job) => job.id));
  });

  it("pass over a head that is none: the others of its queue are given", async () => {
    const { storage, prefix } = await aStorage(url);
    const serverId = await registerServer(storage);
    const [bad, good] = [aJob(), aJob()];
    await storage.enqueue({ jobs: [bad, good] });
    await adminOf(url).set(`${rootOf(prefix)}j:${toShortId(bad.id)}`, "nonsense");

    const { jobs } = await storage.exchange({ serverId, settle: [], claim: aClaim() });

    expect(jobs.map((job) => job.id)).toEqual([good.id]);
    expect(await storage.monitor.get([bad.id])).toMatchObject([{ corrupt: true }]);
  });

  it("pass over jobs whose bodies are gone and whose heads are cut off: the others are given", async () => {
    const { storage, prefix } = await aStorage(url);
    const serverId = await registerServer(storage);
    const bad = [aJob(inAMinute), aJob()];
    const [due, waiting] = [aJob(inAMinute), aJob()];
    await storage.enqueue({ jobs: [...bad, due, waiting] });
    const admin = adminOf(url);
    for (const { id } of bad) {
      const key = `${rootOf(prefix)}j:${toShortId(id)}`;
      await admin.set(key, ((await admin.get(key)) ?? "").replace(/ \S+ \S+ \S+$/, ""));
      await admin.del(`${rootOf(prefix)}d:${toShortId(id)}`);
    }
    await admin.incrby(clockKeyOf(prefix), 60_000);

    const { jobs, nextClaimInMs } = await storage.exchange({
      serverId,
      settle: [],
      claim: aClaim(),
    });

    expect(jobs.map((job) => job.id)).toEqual([waiting.id, due.id]);
    expect(nextClaimInMs).toBeNull();
  });

  it("give a due job of which it is not known any more when it is to be discarded", async () => {
    const { storage, prefix } = await aStorage(url);
    const serverId = await registerServer(storage);
    const job = aJob({ ...inAMinute, discardAfterMs: 60_000, discardRetainMs: 0 });
    await storage.enqueue({ jobs: [job] });
    const admin = adminOf(url);
    await admin.del(`${rootOf(prefix)}x:${toShortId(job.id)}`);
    await admin.incrby(clockKeyOf(prefix), 60_000);

    const { jobs } = await storage.exchange({ serverId, settle: [], claim: aClaim() });

    expect(jobs.map(({ id }) => id)).toEqual([job.id]);
  });

  it("keep a follow-up under the id of the job before it, which is dropped, with all that it needs", async () => {
    const { storage, prefix } = await aStorage(url);
    const admin = adminOf(url);
    const serverId = await registerServer(storage);
    const discard = { discardAfterMs: 60_000, discardRetainMs: 60_000 };
    const first = [aJob(), aJob(), aJob(discard)] as const;
    const followUps = [
      aJob({ id: first[0].id }),
      aJob({ ...inAMinute, id: first[1].id }),
      aJob({ ...inAMinute, ...discard, id: first[2].id }),
    ];
    await storage.enqueue({ jobs: first });
    const claim = aClaim();
    await storage.exchange({ serverId, settle: [], claim });

    const settle = followUps.map((job) => {
      const outcome = { kind: "succeed", retainMs: 0, followUps: [job] } as const;
      return { jobId: job.id, token: claim.token, outcome };
    });
    await storage.exchange({ serverId, settle });

    expect(await admin.zcard(`${rootOf(prefix)}ids`)).toBe(3);
    expect(await admin.exists(`${rootOf(prefix)}x:${toShortId(first[2].id)}`)).toBe(1);
    await admin.incrby(clockKeyOf(prefix), 60_000);
    const { jobs } = await storage.exchange({ serverId, settle: [], claim: aClaim() });
    expect(jobs.map(({ id }) => id)).toEqual(first.map(({ id }) => id));
  });

  it("answer a claim that was sent again unseen with the jobs of the first", async () => {
    const { storage } = await aStorage(url);
    const serverId = await registerServer(storage);
    await storage.enqueue({ jobs: [aJob(), aJob(), aJob()] });
    const claim = aClaim({ limit: 2 });

    const first = await storage.exchange({ serverId, settle: [], claim });
    const second = await storage.exchange({ serverId, settle: [], claim });

    // A set keeps no order, and none is promised for a claim sent again.
    expect(second.jobs.toSorted(byId)).toEqual(
      first.jobs.toSorted(byId).map((job) => ({ ...job, waitedMs: expect.any(Number) })),
    );
  });

  it("sweep entries of jobs that were deleted from a queue that nobody claims from", async () => {
    const { storage, prefix } = await aStorage(url);
    const jobs = Array.from({ length: 20 }, () => aJob());
    await storage.enqueue({ jobs });
    const ids = jobs.map((job) => job.id);
    await storage.control.delete({ ids, actor: "a", reason: "b", retainMs: 60_000 });
    const list = `${rootOf(prefix)}r:default:5`;
    expect(await adminOf(url).llen(list)).toBe(20);

    const { repaired } = await storage.upkeep.repair(100);

    expect([repaired, await adminOf(url).llen(list)]).toEqual([20, 0]);
  });

  it("leave no key behind of a job that was dropped and a queue that is empty", async () => {
    const { storage, prefix } = await aStorage(url);
    const serverId = await registerServer(storage);
    await storage.enqueue({ jobs: [aJob(), aJob({ discardAfterMs: 60_000, discardRetainMs: 0 })] });
    const claim = aClaim();
    const { jobs } = await storage.exchange({ serverId, settle: [], claim });
    const outcome = { kind: "succeed", retainMs: 0, result: "1" } as const;
    const settle = jobs.map(({ id }) => ({ jobId: id, token: claim.token, outcome }));
    await storage.exchange({ serverId, settle });
    await storage.unregister(serverId);

    await storage.upkeep.prune(100);

    expect(await adminOf(url).keys(`{${prefix}}:*`)).toEqual([`{${prefix}}:storage`]);
  });
});

function adminOf(url: string): Redis {
  const admin = new Redis(url);
  onTestFinished(() => admin.disconnect());
  return admin;
}

async function callsOf(admin: Redis, command: string): Promise<number> {
  const [, calls] =
    new RegExp(`^cmdstat_${command}:calls=(\\d+)`, "m").exec(await admin.info("commandstats")) ??
    [];
  return Number(calls ?? 0);
}

/** A UUID that sorts by its number, with an end that does not. */
function inOrder(index: number): string {
  const scattered = ((index * 7919) % 65_536).toString(16).padStart(4, "0");
  return `018f3a5c-${index.toString(16).padStart(4, "0")}-7000-8000-00000000${scattered}`;
}
