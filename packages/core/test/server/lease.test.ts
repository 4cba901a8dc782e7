import { describe, expect, it } from "vitest";
import { RevoError } from "../../src/errors.ts";
import { job } from "../../src/handlers/define-job.ts";
import type { JobTypeOptions } from "../../src/job/job-options.ts";
import { delay } from "../../src/support/delay.ts";
import { aSignal, Cluster, fired, toldBy } from "./cluster.ts";

/** Runs until its signal fires, and tells why. */
function aWaiter(reasons: string[], options: JobTypeOptions = {}) {
  return job(
    "waiter",
    async (_payload: object, { signal }) => {
      await fired(signal);
      reasons.push((signal.reason as RevoError).code);
      signal.throwIfAborted();
    },
    options,
  );
}

describe("a lost lease", () => {
  // Row P3.
  it("aborts what ran under it, whose late results change nothing; the server goes on under a new id", async () => {
    await using cluster = await Cluster.open();
    const runs: string[] = [];
    const work = job("work", async ({ n }: { n: number }, { signal, progress, log }) => {
      runs.push(`${n}`);
      if (runs.filter((run) => run === `${n}`).length > 1) return;
      await fired(signal);
      progress(0.9);
      log.info("zombie");
      runs.push(`${n} aborted: ${(signal.reason as RevoError).code}`);
    });
    const frozen = await cluster.start({ jobs: (jobs) => jobs.add(work) });
    const handles = await frozen.revo.scheduler.enqueueJobs(
      Array.from({ length: 10 }, (_, n) => ({ job: work.with({ n }) })),
    );
    await cluster.settle();
    const oldId = (await frozen.revo.health()).server?.serverId;
    frozen.clock.freeze();
    const heir = await cluster.start({ jobs: (jobs) => jobs.add(work) });
    await cluster.until(async () =>
      (await cluster.states()).every((state) => state === "succeeded"),
    );
    const before = await Promise.all(handles.map(({ id }) => cluster.record(id)));
    const abortsBefore = runs.filter((run) => run.includes("aborted")).length;

    frozen.clock.thaw();
    await cluster.settle();
    const aborts = runs.filter((run) => run.includes("aborted: REVO_LEASE_LOST")).length;
    await cluster.advance(1_000);

    expect([abortsBefore, aborts]).toEqual([0, 10]);
    expect(toldBy(frozen, "job.lease-lost")).toHaveLength(10);
    expect(toldBy(frozen, "server.lease-lost")).toEqual([{ serverId: oldId }]);
    expect(await Promise.all(handles.map(({ id }) => cluster.record(id)))).toEqual(before);
    expect(before.map(({ attempt, crashes }) => [attempt, crashes])).toEqual(
      before.map(() => [1, 0]),
    );
    expect(toldBy(heir, "job.succeeded")).toHaveLength(10);

    await heir.revo.stop();
    const { id } = await frozen.revo.scheduler.enqueueJob(work, { n: 0 });
    await cluster.advance(1_000);
    const health = (await frozen.revo.health()).server;
    expect(health?.serverId).not.toBe(oldId);
    expect((await cluster.record(id)).state).toBe("succeeded");
  });

  // Row P3b.
  it("does not happen while nobody else is there: late results count", async () => {
    await using cluster = await Cluster.open();
    const gate = aSignal();
    const work = job("work", () => gate.promise);
    const server = await cluster.start({ jobs: (jobs) => jobs.add(work) });
    for (let i = 0; i < 10; i++) await server.revo.scheduler.enqueueJob(work, {});
    await cluster.settle();
    server.clock.freeze();
    await cluster.advance(60_000);

    server.clock.thaw();
    gate.fire();
    await cluster.advance(1_000);

    expect(await cluster.states()).toEqual(Array(10).fill("succeeded"));
    expect(toldBy(server, "server.lease-lost")).toEqual([]);
    expect(toldBy(server, "job.started")).toHaveLength(10);
  });

  it("is known by the next exchange, before the next beat", async () => {
    await using cluster = await Cluster.open();
    const reasons: string[] = [];
    const waiter = aWaiter(reasons);
    const other = job("other", () => {});
    const server = await cluster.start({ jobs: (jobs) => jobs.add(waiter).add(other) });
    const { id } = await server.revo.scheduler.enqueueJob(waiter, {});
    await cluster.settle();
    const serverId = (await server.revo.health()).server?.serverId ?? "";
    await cluster.memory.unregister(serverId);

    await server.revo.scheduler.enqueueJob(other, {});
    await cluster.advance(2_500);

    expect(reasons).toEqual(["REVO_LEASE_LOST"]);
    expect((await server.revo.health()).server?.serverId).not.toBe(serverId);
    expect((await cluster.record(id)).attempt).toBe(1);
  });

  it("keeps what an answer from before the loss brings from being run", async () => {
    await using cluster = await Cluster.open();
    let runs = 0;
    const work = job("work", () => (runs += 1));
    const server = await cluster.start({ jobs: (jobs) => jobs.add(work) });
    const serverId = (await server.revo.health()).server?.serverId ?? "";
    const gate = aSignal();
    const inner = server.storage.exchange.bind(server.storage);
    server.storage.exchange = async (request) => {
      const reply = await inner(request);
      if (reply.jobs.length > 0 && request.serverId === serverId) await gate.promise;
      return reply;
    };
    const { id } = await server.revo.scheduler.enqueueJob(work, {});
    await cluster.settle();
    await cluster.memory.unregister(serverId);
    server.storage.broken.set("register", () => new Error("not yet"));
    await cluster.advance(6_000);

    gate.fire();
    await cluster.settle();
    const runsWhileLost = runs;
    const { waiting } = (await server.revo.health()).server ?? {};
    server.storage.broken.clear();
    await cluster.advance(10_000);

    expect([runsWhileLost, waiting]).toEqual([0, 0]);
    expect(runs).toBe(1);
    expect(await cluster.record(id)).toMatchObject({ state: "succeeded", attempt: 1 });
  });
});

describe("a storage out of reach", () => {
  it("aborts exclusive jobs before their lease may have ended, and no others", async () => {
    await using cluster = await Cluster.open();
    const exclusiveReasons: string[] = [];
    const otherReasons: string[] = [];
    const abortedMs: number[] = [];
    const exclusive = job(
      "exclusive",
      async (_payload: object, { signal }) => {
        await fired(signal);
        abortedMs.push(cluster.clock.monotonicMs());
        exclusiveReasons.push((signal.reason as RevoError).code);
        signal.throwIfAborted();
      },
      { exclusive: true },
    );
    const other = aWaiter(otherReasons);
    const server = await cluster.start({ jobs: (jobs) => jobs.add(exclusive).add(other) });
    await server.revo.scheduler.enqueueJob(exclusive, {});
    await server.revo.scheduler.enqueueJob(other, {});
    await cluster.advance(4_900);

    server.storage.isAway = true;
    await cluster.advance(60_000);

    expect(exclusiveReasons).toEqual(["REVO_LEASE_LOST"]);
    expect(abortedMs[0]).toBeLessThanOrEqual(13_500);
    expect(abortedMs[0]).toBeGreaterThan(13_000);
    expect(otherReasons).toEqual([]);
    expect(toldBy(server, "server.lease-lost")).toEqual([]);
  });

  // Row D1.
  it.each([1_000, 5_000, 45_000])(
    "for %d ms breaks nothing: results wait, no lease is lost, work goes on",
    async (outageMs) => {
      await using cluster = await Cluster.open();
      const work = job("work", async ({ ms }: { ms: number }) => await delay(cluster.clock, ms));
      const members = [
        await cluster.start({ jobs: (jobs) => jobs.add(work) }),
        await cluster.start({ jobs: (jobs) => jobs.add(work) }),
      ];
      const [first] = members;
      for (const ms of [1, 500, 20_000, 60_000]) {
        await first?.revo.scheduler.enqueueJob(work, { ms });
      }
      await cluster.settle();

      for (const { storage } of members) storage.isAway = true;
      await cluster.advance(outageMs);
      for (const { storage } of members) storage.isAway = false;
      await first?.revo.scheduler.enqueueJob(work, { ms: 1 });
      const startedMs = await cluster.until(
        async () => (await cluster.states()).at(-1) === "succeeded",
      );
      await cluster.until(async () =>
        (await cluster.states()).every((state) => state === "succeeded"),
      );

      expect(startedMs).toBeLessThanOrEqual(6_000);
      const starts = members.flatMap((member) => toldBy(member, "job.started"));
      expect(starts).toHaveLength(5);
      expect(members.flatMap((member) => toldBy(member, "server.lease-lost"))).toEqual([]);
      expect(members.flatMap((member) => toldBy(member, "job.lease-lost"))).toEqual([]);
    },
  );

  it("starts nothing that waits once the lease cannot be trusted, and goes on when it can", async () => {
    await using cluster = await Cluster.open();
    const startedMs: number[] = [];
    const work = job("work", async ({ ms }: { ms: number }) => {
      startedMs.push(cluster.clock.monotonicMs());
      await delay(cluster.clock, ms);
    });
    const server = await cluster.start({
      jobs: (jobs) => jobs.add(work),
      server: { concurrency: 1, maxPrefetch: 10 },
    });
    for (let i = 0; i < 5; i++) await server.revo.scheduler.enqueueJob(work, { ms: 1 });
    await cluster.advance(200);
    const before = startedMs.length;
    server.storage.heartbeat = async () => {
      throw new RevoError("REVO_STORAGE_UNAVAILABLE", "away");
    };
    await server.revo.scheduler.enqueueJob(work, { ms: 30_000 });
    await server.revo.scheduler.enqueueJob(work, { ms: 1 });
    await cluster.advance(40_000);
    const during = startedMs.length - before;

    Reflect.deleteProperty(server.storage, "heartbeat");
    await cluster.advance(6_000);

    expect(during).toBe(1);
    expect(startedMs.length - before).toBe(2);
    expect((await cluster.states()).every((state) => state === "succeeded")).toBe(true);
  });

  // Row D5.
  it.each([
    ["jobs that are kept", {}],
    ["jobs that are dropped at once", { succeeded: 0 }],
  ])(
    "that loses replies after the commit loses and doubles nothing: %s",
    async (_name, retention) => {
      await using cluster = await Cluster.open();
      const runs = new Map<string, number>();
      const work = job(
        "work",
        async (_payload: object, { id }) => {
          runs.set(id, (runs.get(id) ?? 0) + 1);
        },
        { retention },
      );
      const server = await cluster.start({ jobs: (jobs) => jobs.add(work) });
      const inner = server.storage.exchange.bind(server.storage);
      let calls = 0;
      server.storage.exchange = async (request) => {
        const reply = await inner(request);
        if ((calls += 1) % 3 === 0)
          throw new RevoError("REVO_STORAGE_OUTCOME_UNKNOWN", "reply lost");
        return reply;
      };
      for (let i = 0; i < 200; i++) {
        await server.revo.scheduler.enqueueJob(work, {});
        if (i % 10 === 0) await cluster.advance(50);
      }

      await cluster.until(async () =>
        (await cluster.states()).every((state) => state === "succeeded"),
      );
      await cluster.until(async () => toldBy(server, "job.succeeded").length >= 200);

      expect(calls).toBeGreaterThan(30);
      expect([...runs.values()]).toEqual(Array(200).fill(1));
      expect(toldBy(server, "job.succeeded")).toHaveLength(200);
      expect(toldBy(server, "job.lease-lost")).toEqual([]);
    },
  );

  it("that refuses one result goes on taking the others, and the one when it can", async () => {
    await using cluster = await Cluster.open();
    const work = job("work", () => "x");
    const server = await cluster.start({ jobs: (jobs) => jobs.add(work) });
    const refused = await server.revo.scheduler.enqueueJob(work, {}, { delay: "1 s" });
    const inner = server.storage.exchange.bind(server.storage);
    let isRefusing = true;
    server.storage.exchange = async (request) => {
      if (isRefusing && request.settle.some(({ jobId }) => jobId === refused.id)) {
        throw new Error("the driver cannot write this");
      }
      return await inner(request);
    };
    await cluster.advance(20_000);
    const waitsMs: number[] = [];
    for (let i = 0; i < 10; i++) {
      const { id } = await server.revo.scheduler.enqueueJob(work, {});
      waitsMs.push(
        await cluster.until(async () => (await cluster.record(id)).state === "succeeded"),
      );
    }
    const before = (await cluster.record(refused.id)).state;

    isRefusing = false;
    await cluster.advance(6_000);

    expect(Math.max(...waitsMs)).toBeLessThanOrEqual(1_000);
    expect(before).toBe("processing");
    expect((await cluster.record(refused.id)).state).toBe("succeeded");
  });

  it("is called at a slackening pace while it is away", async () => {
    await using cluster = await Cluster.open();
    const work = job("work", () => {});
    const server = await cluster.start({ jobs: (jobs) => jobs.add(work) });
    let calls = 0;
    for (const name of ["exchange", "heartbeat", "metrics.put", "upkeep.takeTurn"]) {
      server.storage.broken.set(name, () => {
        calls += 1;
        return new RevoError("REVO_STORAGE_UNAVAILABLE", "away");
      });
    }
    await server.revo.scheduler.enqueueJob(work, {});

    await cluster.advance(60_000);

    expect(calls).toBeGreaterThan(30);
    expect(calls).toBeLessThan(120);
  });
});

describe("a storage that was emptied", () => {
  it("is reported once; new jobs run, old results are dropped", async () => {
    await using cluster = await Cluster.open();
    const gate = aSignal();
    const held = job("held", () => gate.promise);
    const quick = job("quick", () => {});
    const server = await cluster.start({ jobs: (jobs) => jobs.add(held).add(quick) });
    await server.revo.scheduler.enqueueJob(held, {});
    await cluster.settle();

    cluster.memory.reset();
    await cluster.advance(6_000);
    const { id } = await server.revo.scheduler.enqueueJob(quick, {});
    await cluster.settle();
    gate.fire();
    await cluster.advance(20_000);

    expect(toldBy(server, "storage.reset")).toHaveLength(1);
    expect((await cluster.record(id)).state).toBe("succeeded");
    expect(toldBy(server, "job.lease-lost")).toHaveLength(1);
  });
});
