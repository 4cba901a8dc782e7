import { describe, expect, it } from "vitest";
import { job } from "../../src/handlers/define-job.ts";
import type { JobTypeOptions } from "../../src/job/job-options.ts";
import type { JobServerOptions } from "../../src/server/server-options.ts";
import { delay } from "../../src/support/delay.ts";
import { Cluster, toldBy, type Member } from "./cluster.ts";

const LEASE_MS = 15_000;
const BEAT_MS = 5_000;

interface FactoryOptions {
  /** Of the job type that kills. */
  readonly pill?: JobTypeOptions;
  readonly server?: JobServerOptions;
}

interface Work {
  readonly pill: ReturnType<typeof job<"pill", object, void>>;
  readonly good: ReturnType<typeof job<"good", object, void>>;
}

/** A job type that kills its process while it runs, one that does its work, and processes that are started again when they die. */
class Factory {
  readonly cluster: Cluster;
  /** What is enqueued; each process has handlers of its own. */
  readonly pill: Work["pill"];
  readonly good: Work["good"];
  readonly runs = new Map<string, number>();
  /** The process that runs now. */
  member: Member | null = null;
  deaths = 0;
  readonly #options: FactoryOptions;

  constructor(cluster: Cluster, options: FactoryOptions = {}) {
    this.cluster = cluster;
    this.#options = options;
    ({ pill: this.pill, good: this.good } = this.#work({ kill: () => {}, isDead: () => false }));
  }

  #work(process: { kill(): void; isDead(): boolean }): Work {
    const ran = (id: string): void => void this.runs.set(id, (this.runs.get(id) ?? 0) + 1);
    return {
      pill: job(
        "pill",
        async (_payload: object, { id }) => {
          ran(id);
          await delay(this.cluster.clock, 10);
          if (!process.isDead()) this.deaths += 1;
          process.kill();
          await new Promise(() => {});
        },
        this.#options.pill ?? {},
      ),
      good: job("good", async (_payload: object, { id }) => {
        ran(id);
        await delay(this.cluster.clock, 100);
        if (process.isDead()) await new Promise(() => {});
      }),
    };
  }

  async boot(server: JobServerOptions | undefined = this.#options.server): Promise<Member> {
    let clock: { kill(): void; readonly isDead: boolean } | null = null;
    const { pill, good } = this.#work({
      kill: () => clock?.kill(),
      isDead: () => clock?.isDead ?? false,
    });
    this.member = await this.cluster.start({
      ...(server !== undefined && { server }),
      jobs: (jobs) => jobs.add(pill).add(good),
      onClock: (own) => (clock = own),
    });
    return this.member;
  }

  /** Starts a new process whenever the last one died, until every job is done. */
  async runAll(): Promise<void> {
    await this.cluster.until(async () => {
      if (this.member?.clock.isDead !== false) await this.boot();
      return (await this.cluster.states()).every((state) => !/enqueued|scheduled|proc/.test(state));
    }, 3_600_000);
  }
}

describe("the death of a job server", () => {
  // I8: lease, beat and two seconds.
  it("is noticed by another within a lease, a beat and two seconds, and its jobs run there", async () => {
    await using cluster = await Cluster.open();
    const dying = new Factory(cluster);
    const member = await dying.boot();
    const heir = await dying.boot();
    const { id } = await member.revo.scheduler.enqueueJob(dying.good, {});
    await cluster.settle();
    const isOnFirst = toldBy(member, "job.started").length === 1;
    const holder = isOnFirst ? member : heir;
    const other = isOnFirst ? heir : member;

    holder.kill();
    const tookMs = await cluster.until(
      async () => (await cluster.record(id)).state === "succeeded",
    );

    expect(tookMs).toBeLessThanOrEqual(LEASE_MS + BEAT_MS + 2_000);
    expect(tookMs).toBeGreaterThanOrEqual(LEASE_MS - BEAT_MS);
    expect(await cluster.record(id)).toMatchObject({ state: "succeeded", attempt: 1 });
    expect(toldBy(other, "server.recovered")).toMatchObject([{ returned: [id], failed: [] }]);
  });

  it("is noticed also by a server whose own beats are far apart", async () => {
    await using cluster = await Cluster.open();
    const factory = new Factory(cluster);
    const short = await factory.boot({ lease: "3 s" });
    const { id } = await short.revo.scheduler.enqueueJob(factory.good, {});
    await cluster.settle();
    short.kill();
    await factory.boot({ lease: "60 s", beat: "20 s" });

    const tookMs = await cluster.until(
      async () => (await cluster.record(id)).state === "succeeded",
    );

    expect(tookMs).toBeLessThanOrEqual(20_000 + 20_000 + 3_000 + 2_000);
  });

  it("of all servers is made good within two leases after the first is back", async () => {
    await using cluster = await Cluster.open();
    const factory = new Factory(cluster);
    const member = await factory.boot();
    const { id } = await member.revo.scheduler.enqueueJob(factory.good, {});
    await cluster.settle();
    member.kill();
    await cluster.advance(10_000);

    await factory.boot();
    const tookMs = await cluster.until(
      async () => (await cluster.record(id)).state === "succeeded",
    );

    expect(tookMs).toBeLessThanOrEqual(2 * LEASE_MS + 2_000);
  });

  it("is told of once, though many notice it", async () => {
    await using cluster = await Cluster.open();
    const factory = new Factory(cluster);
    const member = await factory.boot();
    await member.revo.scheduler.enqueueJob(factory.good, {});
    await cluster.settle();
    const others = [await factory.boot(), await factory.boot(), await factory.boot()];

    member.kill();
    await cluster.advance(40_000);

    expect(others.flatMap((other) => toldBy(other, "server.recovered"))).toHaveLength(1);
  });

  it("does not keep others from being recovered when its own recovery fails", async () => {
    await using cluster = await Cluster.open();
    const factory = new Factory(cluster);
    const bad = await factory.boot();
    const badId = (await bad.revo.health()).server?.serverId;
    const good = await factory.boot();
    await good.revo.scheduler.enqueueJob(factory.good, {});
    await cluster.settle();
    const heir = await factory.boot();
    const inner = heir.storage.upkeep.recover.bind(heir.storage.upkeep);
    Object.defineProperty(heir.storage, "upkeep", {
      value: {
        ...heir.storage.upkeep,
        takeTurn: async () => false,
        recover: async (request: Parameters<typeof inner>[0]) => {
          if (request.serverId === badId) throw new Error("an unreadable row");
          return await inner(request);
        },
      },
    });

    bad.kill();
    good.kill();
    await cluster.advance(60_000);

    expect((await cluster.memory.monitor.servers()).map(({ serverId }) => serverId)).toContain(
      badId,
    );
    expect(await cluster.memory.monitor.servers()).toHaveLength(2);
  });
});

// Row P6.
describe("a job that kills its process", () => {
  it("fails as a crash-loop at its fourth crash; its neighbours never do, each runs at most twice", async () => {
    await using cluster = await Cluster.open();
    cluster.stepMs = 500;
    const factory = new Factory(cluster, { server: { concurrency: 10 } });
    const { revo } = await factory.boot();
    const goods: string[] = [];
    for (let i = 0; i < 50; i++) goods.push((await revo.scheduler.enqueueJob(factory.good, {})).id);
    const pill = await revo.scheduler.enqueueJob(factory.pill, {});
    for (let i = 0; i < 50; i++) goods.push((await revo.scheduler.enqueueJob(factory.good, {})).id);

    await factory.runAll();

    expect(await cluster.record(pill.id)).toMatchObject({
      state: "failed",
      reason: "crash-loop",
      crashes: 4,
      attempt: 0,
    });
    expect(factory.deaths).toBe(4);
    expect(factory.runs.get(pill.id)).toBe(4);
    for (const id of goods) {
      expect((await cluster.record(id)).state).toBe("succeeded");
      expect(factory.runs.get(id)).toBeLessThanOrEqual(2);
    }
  });

  it("runs alone after its first crash: nothing else that crashed before runs beside it", async () => {
    await using cluster = await Cluster.open();
    const running = new Set<string>();
    let most = 0;
    const work = job("work", async (_payload: object, { id }) => {
      running.add(id);
      most = Math.max(most, running.size);
      await delay(cluster.clock, 100);
      running.delete(id);
    });
    const first = await cluster.start({ jobs: (jobs) => jobs.add(work) });
    for (let i = 0; i < 5; i++) await first.revo.scheduler.enqueueJob(work, {});
    await cluster.settle();
    const mostBefore = most;
    first.kill();
    running.clear();
    most = 0;

    await cluster.start({ jobs: (jobs) => jobs.add(work) });
    await cluster.until(async () =>
      (await cluster.states()).every((state) => state === "succeeded"),
    );

    expect([mostBefore, most]).toEqual([5, 1]);
  });

  it("does not keep other jobs from running beside the suspects", async () => {
    await using cluster = await Cluster.open();
    const work = job("work", async ({ ms }: { ms: number }) => await delay(cluster.clock, ms));
    const first = await cluster.start({ jobs: (jobs) => jobs.add(work) });
    for (let i = 0; i < 10; i++) await first.revo.scheduler.enqueueJob(work, { ms: 60_000 });
    await cluster.settle();
    first.kill();
    const heir = await cluster.start({ jobs: (jobs) => jobs.add(work) });
    await cluster.until(() => toldBy(heir, "server.recovered").length > 0);

    const { id } = await heir.revo.scheduler.enqueueJob(work, { ms: 1 });
    const tookMs = await cluster.until(
      async () => (await cluster.record(id)).state === "succeeded",
    );

    expect(tookMs).toBeLessThanOrEqual(1_000);
  });

  it("with maxCrashes 0 runs once and never again", async () => {
    await using cluster = await Cluster.open();
    const factory = new Factory(cluster, { pill: { maxCrashes: 0 } });
    const { revo } = await factory.boot();
    const pill = await revo.scheduler.enqueueJob(factory.pill, {});

    await factory.runAll();

    expect(await cluster.record(pill.id)).toMatchObject({ state: "failed", reason: "crash-loop" });
    expect(factory.runs.get(pill.id)).toBe(1);
  });

  it("with maxCrashes 0 is run all the same when its server died before it began", async () => {
    await using cluster = await Cluster.open();
    const fragile = job(
      "fragile",
      async ({ ms }: { ms: number }) => await delay(cluster.clock, ms),
      { maxCrashes: 0 },
    );
    const quick = job("quick", () => {});
    const first = await cluster.start({
      jobs: (jobs) => jobs.add(fragile).add(quick),
      server: { concurrency: 1 },
    });
    // Fast jobs, so that more is held than runs.
    for (let i = 0; i < 30; i++) await first.revo.scheduler.enqueueJob(quick, {});
    await cluster.settle();
    await first.revo.scheduler.enqueueJob(fragile, { ms: 600_000 }, { maxCrashes: 3 });
    const { id } = await first.revo.scheduler.enqueueJob(fragile, { ms: 1 });
    await cluster.settle();
    const held = (await cluster.record(id)).state;
    first.kill();

    await cluster.start({ jobs: (jobs) => jobs.add(fragile).add(quick) });
    await cluster.until(async () => (await cluster.record(id)).state !== "processing");
    await cluster.advance(1_000);

    expect(held).toBe("processing");
    expect(await cluster.record(id)).toMatchObject({ state: "succeeded", crashes: 0 });
  });

  it("with maxCrashes 0 runs beside others of its kind", async () => {
    await using cluster = await Cluster.open();
    let running = 0;
    let most = 0;
    const fragile = job(
      "fragile",
      async () => {
        most = Math.max(most, (running += 1));
        await delay(cluster.clock, 100);
        running -= 1;
      },
      { maxCrashes: 0 },
    );
    const { revo } = await cluster.start({ jobs: (jobs) => jobs.add(fragile) });
    for (let i = 0; i < 5; i++) await revo.scheduler.enqueueJob(fragile, {});

    await cluster.advance(200);

    expect(most).toBe(5);
    expect(await cluster.states()).toEqual(Array(5).fill("succeeded"));
  });

  it("is no suspect any more after it ended in any other way", async () => {
    await using cluster = await Cluster.open();
    const work = job(
      "work",
      async (_payload: object, { attempt }) => {
        await delay(cluster.clock, 10);
        if (attempt === 1) throw new Error("once");
      },
      { retry: { kind: "fixed", delay: "1 s" } },
    );
    const first = await cluster.start({ jobs: (jobs) => jobs.add(work) });
    const { id } = await first.revo.scheduler.enqueueJob(work, {});
    await cluster.settle();
    first.kill();
    await cluster.start({ jobs: (jobs) => jobs.add(work) });

    await cluster.until(async () => (await cluster.record(id)).crashes === 1);
    await cluster.until(async () => (await cluster.record(id)).state === "scheduled");
    const afterFailure = (await cluster.record(id)).crashes;
    await cluster.advance(2_000);

    expect(afterFailure).toBe(0);
    expect(await cluster.record(id)).toMatchObject({ state: "succeeded", attempt: 2, crashes: 0 });
  });
});
