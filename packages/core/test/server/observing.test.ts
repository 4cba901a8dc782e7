import { describe, expect, it } from "vitest";
import { job } from "../../src/handlers/define-job.ts";
import { readCounter } from "../../src/job/metric-series.ts";
import { delay } from "../../src/support/delay.ts";
import { Cluster, toldBy } from "./cluster.ts";

describe("events and health", () => {
  it("tell each step of a job's way with its facts", async () => {
    await using cluster = await Cluster.open();
    const work = job(
      "work",
      async (_payload: object, { attempt }) => {
        await delay(cluster.clock, 40);
        if (attempt < 3) throw new Error("again");
      },
      { maxAttempts: 3, retry: { kind: "fixed", delay: "1 s" } },
    );
    const server = await cluster.start({ jobs: (jobs) => jobs.add(work) });
    const { id } = await server.revo.scheduler.enqueueJob(work, {});

    await cluster.advance(3_000);

    const serverId = (await server.revo.health()).server?.serverId;
    const facts = { jobId: id, type: "work", queue: "default" };
    expect(server.told.map(([name]) => name)).toEqual([
      "job.enqueued",
      "job.started",
      "job.retried",
      "job.started",
      "job.retried",
      "job.started",
      "job.succeeded",
    ]);
    expect(toldBy(server, "job.enqueued")).toEqual([facts]);
    expect(toldBy(server, "job.started").map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(toldBy(server, "job.retried")[0]).toMatchObject({
      ...facts,
      serverId,
      attempt: 1,
      runMs: 40,
      delayMs: 1_000,
      error: { message: "again" },
    });
    expect(toldBy(server, "job.succeeded")).toMatchObject([{ ...facts, attempt: 3, runMs: 40 }]);
  });

  it("do not tell of a success before it is stored", async () => {
    await using cluster = await Cluster.open();
    const work = job("work", async () => await delay(cluster.clock, 100));
    const server = await cluster.start({ jobs: (jobs) => jobs.add(work) });
    await server.revo.scheduler.enqueueJob(work, {});
    await cluster.settle();

    server.storage.isAway = true;
    await cluster.advance(1_000);
    const whileAway = toldBy(server, "job.succeeded").length;
    server.storage.isAway = false;
    await cluster.advance(6_000);

    expect([whileAway, toldBy(server, "job.succeeded").length]).toEqual([0, 1]);
  });

  it("say how the server fares, what fails, and that it works again", async () => {
    await using cluster = await Cluster.open();
    const work = job("work", async () => await delay(cluster.clock, 1_000));
    const server = await cluster.start({
      jobs: (jobs) => jobs.add(work),
      server: { concurrency: 1 },
    });
    await server.revo.scheduler.enqueueJob(work, {});
    await cluster.settle();
    const well = await server.revo.health();
    server.storage.broken.set("heartbeat", () => new Error("no heartbeats"));
    await cluster.advance(6_000);
    const degraded = await server.revo.health();
    server.storage.isAway = true;
    const down = await server.revo.health();
    server.storage.isAway = false;
    server.storage.broken.clear();
    await cluster.advance(10_000);
    const again = await server.revo.health();

    expect(well).toMatchObject({
      status: "ok",
      storage: { name: "memory", durability: "memory", reachable: true },
      server: {
        state: "running",
        lease: "held",
        push: "push",
        running: 1,
        waiting: 0,
        unsettled: 0,
      },
    });
    expect(well.server?.loops.map(({ name }) => name)).toEqual([
      "exchange",
      "heartbeat",
      "recovery",
      "wake-ups",
      "upkeep",
      "reports",
    ]);
    expect(degraded.status).toBe("degraded");
    expect(
      degraded.server?.loops.find(({ name }) => name === "heartbeat")?.failures,
    ).toBeGreaterThan(0);
    expect(down).toMatchObject({
      status: "down",
      storage: { reachable: false, roundTripMs: null },
    });
    expect(again.status).toBe("ok");
  });

  it("say that a lease is uncertain also where a call to the storage simply does not end", async () => {
    await using cluster = await Cluster.open();
    const server = await cluster.start({ jobs: (jobs) => jobs.add(job("work", () => {})) });
    const held = (await server.revo.health()).server?.lease;
    server.storage.heartbeat = () => new Promise(() => {});

    await cluster.advance(19_000);
    const { status, server: health } = await server.revo.health();

    expect([held, health?.lease, status]).toEqual(["held", "uncertain", "degraded"]);
  });

  it("say that a stopped Revo is down, without asking anybody", async () => {
    await using cluster = await Cluster.open();
    const server = await cluster.start({ jobs: (jobs) => jobs.add(job("work", () => {})) });

    await server.revo.stop();

    expect(await server.revo.health()).toMatchObject({
      status: "down",
      server: { state: "stopped", lease: "none" },
    });
  });
});

describe("metrics", () => {
  it("are stored at a stop, whatever was not yet", async () => {
    await using cluster = await Cluster.open();
    const work = job("work", () => {});
    const server = await cluster.start({ jobs: (jobs) => jobs.add(work) });
    await server.revo.scheduler.enqueueJob(work, {});
    await cluster.settle();

    await server.revo.stop();

    const points = await cluster.memory.metrics.read({
      from: new Date(Date.UTC(2027, 0, 1)),
      to: new Date(Date.UTC(2027, 0, 2)),
      stepMs: 86_400_000,
      groupBy: "none",
    });
    expect(points.map(({ values }) => readCounter(values, "succeeded"))).toEqual([1]);
  });

  it("count each attempt once, also through lost leases and failing puts", async () => {
    await using cluster = await Cluster.open();
    const work = job("work", () => {});
    const server = await cluster.start({ jobs: (jobs) => jobs.add(work) });
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 10; i++) await server.revo.scheduler.enqueueJob(work, {});
      await cluster.advance(11_000);
      server.storage.broken.set("metrics.put", () => new Error("not now"));
      await cluster.memory.unregister((await server.revo.health()).server?.serverId ?? "");
      await cluster.advance(11_000);
      server.storage.broken.clear();
    }
    await cluster.advance(20_000);

    const [total] = await server.revo.monitor.metrics({
      from: new Date(Date.UTC(2027, 0, 1)),
      to: new Date(Date.UTC(2027, 0, 2)),
      step: "1 d",
    });

    expect(total).toMatchObject({ claimed: 30, succeeded: 30 });
  });
});
