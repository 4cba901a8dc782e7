import { describe, expect, it } from "vitest";
import { RevoError } from "../../src/errors.ts";
import { job } from "../../src/handlers/define-job.ts";
import { currentScope, runInScope } from "../../src/handlers/execution-scope.ts";
import { delay } from "../../src/support/delay.ts";
import { aSignal, Cluster, toldBy, withoutWakeUps } from "./cluster.ts";

describe("claims", () => {
  it("take urgent jobs first, and jobs of one priority in the order of their enqueue", async () => {
    await using cluster = await Cluster.open();
    const order: string[] = [];
    const work = job("work", ({ name }: { name: string }) => void order.push(name));
    const producer = await cluster.start({ jobs: (jobs) => jobs.declare(work).producerOnly() });
    for (const [name, priority] of [
      ["c", 5],
      ["d", 5],
      ["e", 9],
      ["a", 0],
      ["b", 0],
    ] as const) {
      await producer.revo.scheduler.enqueueJob(work, { name }, { priority });
    }

    await cluster.start({ jobs: (jobs) => jobs.add(work), server: { concurrency: 1 } });
    await cluster.settle();

    expect(order).toEqual(["a", "b", "c", "d", "e"]);
  });

  it("take the queue named first as long as it has jobs, and none that is not served", async () => {
    await using cluster = await Cluster.open();
    const order: string[] = [];
    const work = job("work", ({ name }: { name: string }) => void order.push(name));
    const producer = await cluster.start({ jobs: (jobs) => jobs.declare(work).producerOnly() });
    for (const queue of ["slow", "critical", "foreign", "slow", "critical"]) {
      await producer.revo.scheduler.enqueueJob(work, { name: queue }, { queue });
    }

    await cluster.start({
      jobs: (jobs) => jobs.add(work),
      server: { concurrency: 1, queues: ["critical", "slow"] },
    });
    await cluster.advance(1_000);

    expect(order).toEqual(["critical", "critical", "slow", "slow"]);
  });

  it("do not wait for one that is under way when another job comes", async () => {
    await using cluster = await Cluster.open();
    const started: number[] = [];
    const work = job("work", ({ number }: { number: number }) => void started.push(number));
    const server = await cluster.start({ jobs: (jobs) => jobs.add(work) });
    await cluster.settle();
    const inner = server.storage.exchange.bind(server.storage);
    const answered = Promise.withResolvers<void>();
    let isFirst = true;
    server.storage.exchange = async (request) => {
      const reply = await inner(request);
      if (!isFirst) return reply;
      isFirst = false;
      await answered.promise;
      return reply;
    };
    await server.revo.scheduler.enqueueJob(work, { number: 1 });
    await cluster.settle();

    await server.revo.scheduler.enqueueJob(work, { number: 2 });
    await cluster.settle();

    expect(started).toEqual([2]);
    answered.resolve();
    await cluster.settle();
    expect(started).toEqual([2, 1]);
  });

  it("go two at a time through many due jobs, of which each promotes only some", async () => {
    await using cluster = await Cluster.open();
    const work = job("work", () => {}, { retention: { succeeded: 0 } });
    const server = await cluster.start({
      jobs: (jobs) => jobs.add(work),
      server: { concurrency: 2_000 },
    });
    await server.revo.scheduler.enqueueJobs(
      Array.from({ length: 5_000 }, () => ({ job: work.with({}), delay: 60_000 })),
    );
    const inner = server.storage.exchange.bind(server.storage);
    let claims = 0;
    let most = 0;
    server.storage.exchange = async (request) => {
      if (request.claim !== undefined) most = Math.max(most, (claims += 1));
      await delay(cluster.clock, 5);
      const reply = await inner(request);
      if (request.claim !== undefined) claims -= 1;
      return reply;
    };

    await cluster.advance(60_000);
    await cluster.until(async () => (await cluster.states()).length === 0);

    expect(most).toBe(2);
  });

  it("are one call at a time while there is nothing to do, however much was drained before", async () => {
    await using cluster = await Cluster.open();
    const work = job("work", () => {}, { retention: { succeeded: 0 } });
    const server = await cluster.start({
      jobs: (jobs) => jobs.add(work),
      server: { concurrency: 100 },
    });
    await server.revo.scheduler.enqueueJobs(
      Array.from({ length: 5_000 }, () => ({ job: work.with({}) })),
    );
    await cluster.until(async () => (await cluster.states()).length === 0);
    await cluster.advance(3_000);
    const inner = server.storage.exchange.bind(server.storage);
    let calls = 0;
    server.storage.exchange = (request) => {
      calls += 1;
      return inner(request);
    };

    await cluster.advance(10_000);

    expect(calls).toBeGreaterThanOrEqual(4);
    expect(calls).toBeLessThanOrEqual(6);
  });

  it("hold no more of a queue than its limit, and fill the other slots from other queues", async () => {
    await using cluster = await Cluster.open();
    const running = { mail: 0, other: 0 };
    const most = { mail: 0, other: 0 };
    const work = job("work", async ({ kind }: { kind: "mail" | "other" }) => {
      most[kind] = Math.max(most[kind], (running[kind] += 1));
      await delay(cluster.clock, 100);
      running[kind] -= 1;
    });
    const server = await cluster.start({
      jobs: (jobs) => jobs.add(work),
      server: { concurrency: 10, queues: [{ name: "mail", concurrency: 2 }, "default"] },
    });
    for (let i = 0; i < 20; i++) {
      await server.revo.scheduler.enqueueJob(work, { kind: "mail" }, { queue: "mail" });
      await server.revo.scheduler.enqueueJob(work, { kind: "other" });
    }

    await cluster.until(async () =>
      (await cluster.states()).every((state) => state === "succeeded"),
    );

    expect(most).toEqual({ mail: 2, other: 8 });
  });

  it("hold no more of a queue than its limit with two calls on their way at once", async () => {
    await using cluster = await Cluster.open();
    let held = 0;
    let most = 0;
    const work = job("work", () => {});
    const server = await cluster.start({
      jobs: (jobs) => jobs.add(work),
      server: { concurrency: 200, queues: [{ name: "default", concurrency: 5 }] },
      wrap: (memory) => memory,
    });
    const inner = server.storage.exchange.bind(server.storage);
    server.storage.exchange = async (request) => {
      await delay(cluster.clock, 5);
      const reply = await inner(request);
      held += reply.jobs.length - request.settle.length;
      most = Math.max(most, held);
      await delay(cluster.clock, 5);
      return reply;
    };
    await server.revo.scheduler.enqueueJobs(
      Array.from({ length: 300 }, () => ({ job: work.with({}) })),
    );

    await cluster.until(async () =>
      (await cluster.states()).every((state) => state === "succeeded"),
    );

    expect(most).toBeLessThanOrEqual(5);
  });

  it("take nothing from a paused queue, and go on at once when it is resumed", async () => {
    await using cluster = await Cluster.open();
    const work = job("work", () => {});
    const { revo } = await cluster.start({ jobs: (jobs) => jobs.add(work) });

    await revo.scheduler.pauseQueue("default", { reason: "maintenance" });
    const { id } = await revo.scheduler.enqueueJob(work, {});
    await cluster.advance(30_000);
    const paused = (await cluster.record(id)).state;
    await revo.scheduler.resumeQueue("default");
    await cluster.settle();

    expect([paused, (await cluster.record(id)).state]).toEqual(["enqueued", "succeeded"]);
  });

  it("go on by themselves when a pause ends", async () => {
    await using cluster = await Cluster.open();
    const work = job("work", () => {});
    const { revo } = await cluster.start({ jobs: (jobs) => jobs.add(work) });
    await revo.scheduler.pauseQueue("default", { reason: "maintenance", for: "10 s" });
    const { id } = await revo.scheduler.enqueueJob(work, {});

    const tookMs = await cluster.until(
      async () => (await cluster.record(id)).state === "succeeded",
    );

    expect(tookMs).toBeGreaterThanOrEqual(9_900);
    expect(tookMs).toBeLessThanOrEqual(10_100);
  });

  it("start a delayed job when it is due, not at the next poll", async () => {
    await using cluster = await Cluster.open();
    const startedMs: number[] = [];
    const work = job("work", () => void startedMs.push(cluster.clock.monotonicMs()));
    const { revo } = await cluster.start({ jobs: (jobs) => jobs.add(work) });
    await cluster.advance(5_000);
    await revo.scheduler.enqueueJob(work, {}, { delay: "90 s" });
    await revo.scheduler.enqueueJob(work, {}, { delay: "777 ms" });

    await cluster.advance(100_000);

    expect(startedMs).toHaveLength(2);
    expect((startedMs[0] ?? 0) - 5_777).toBeLessThan(5);
    expect((startedMs[1] ?? 0) - 95_000).toBeLessThan(5);
  });

  // Row C2.
  it.each([300_000, -300_000, 86_400_000])(
    "are not moved by a jump of the server's wall clock of %d ms",
    async (jumpMs) => {
      await using cluster = await Cluster.open();
      const startedMs: number[] = [];
      const work = job("work", () => void startedMs.push(cluster.clock.monotonicMs()));
      const server = await cluster.start({ jobs: (jobs) => jobs.add(work) });
      await cluster.start({ jobs: (jobs) => jobs.add(work) });
      await server.revo.scheduler.enqueueJob(work, {}, { delay: "60 s" });
      await cluster.advance(10_000);

      server.clock.jump(jumpMs);
      await cluster.advance(60_000);

      expect(startedMs).toHaveLength(1);
      expect(startedMs[0]).toBeGreaterThanOrEqual(60_000);
      expect(startedMs[0]).toBeLessThan(60_100);
      expect(toldBy(server, "server.lease-lost")).toEqual([]);
    },
  );

  it("are woken by an enqueue that meets a claim on its way, also after a long idle time", async () => {
    await using cluster = await Cluster.open();
    const work = job("work", () => {});
    const server = await cluster.start({
      jobs: (jobs) => jobs.add(work),
      server: { poll: "60 s" },
    });
    const inner = server.storage.exchange.bind(server.storage);
    const gate = aSignal();
    let isSlow = false;
    let isWaiting = false;
    server.storage.exchange = async (request) => {
      const reply = await inner(request);
      isWaiting = isSlow;
      if (isSlow) await gate.promise;
      return reply;
    };
    cluster.stepMs = 1_000;
    await cluster.advance(1_000_000);
    isSlow = true;
    await cluster.until(() => isWaiting);

    // The storage knows that this server is hungry; the server does not know it yet.
    const { id } = await server.revo.scheduler.enqueueJob(work, {});
    await cluster.settle();
    isSlow = false;
    gate.fire();
    await cluster.settle();

    expect((await cluster.record(id)).state).toBe("succeeded");
  });

  it("find jobs by polling where nothing wakes, also after a lost lease", async () => {
    await using cluster = await Cluster.open();
    const work = job("work", () => {});
    const server = await cluster.start({ jobs: (jobs) => jobs.add(work), wrap: withoutWakeUps });
    const first = await server.revo.scheduler.enqueueJob(work, {});
    const firstMs = await cluster.until(
      async () => (await cluster.record(first.id)).state === "succeeded",
    );
    await cluster.memory.unregister((await server.revo.health()).server?.serverId ?? "");
    server.storage.broken.set("register", () => new Error("not yet"));
    await cluster.advance(10_000);
    server.storage.broken.clear();
    await cluster.advance(6_000);

    const second = await server.revo.scheduler.enqueueJob(work, {});
    const secondMs = await cluster.until(
      async () => (await cluster.record(second.id)).state === "succeeded",
    );

    expect(Math.max(firstMs, secondMs)).toBeLessThanOrEqual(1_200);
    expect((await server.revo.health()).server?.push).toBe("poll");
  });

  it("go on by polling while the storage's wakes cannot be listened to", async () => {
    await using cluster = await Cluster.open();
    const work = job("work", () => {});
    const server = await cluster.start({ jobs: (jobs) => jobs.add(work) });
    server.storage.broken.set("wakeUps.listen", () => new Error("channel broken"));
    await cluster.memory.unregister((await server.revo.health()).server?.serverId ?? "");
    await cluster.advance(10_000);
    const push = (await server.revo.health()).server?.push;

    const { id } = await server.revo.scheduler.enqueueJob(work, {});
    const tookMs = await cluster.until(
      async () => (await cluster.record(id)).state === "succeeded",
    );
    server.storage.broken.clear();
    await cluster.advance(10_000);

    expect(tookMs).toBeLessThanOrEqual(1_200);
    expect([push, (await server.revo.health()).server?.push]).toEqual(["poll", "push"]);
  });

  it("cost an idle server at most one call a second", async () => {
    await using cluster = await Cluster.open();
    let calls = 0;
    const work = job("work", () => {});
    await cluster.start({
      jobs: (jobs) => jobs.add(work),
      wrap: (memory) =>
        new Proxy(memory, {
          get: (target, key) => {
            const value: unknown = Reflect.get(target, key, target);
            if (typeof value === "function") {
              return (...values: unknown[]) => {
                calls += 1;
                return Reflect.apply(value, target, values) as unknown;
              };
            }
            if (key === "upkeep" || key === "metrics") calls += 1;
            return value;
          },
        }),
    });
    await cluster.advance(10_000);
    calls = 0;

    await cluster.advance(60_000);

    expect(calls).toBeLessThanOrEqual(60);
    expect(calls).toBeGreaterThan(20);
  });
});

describe("jobs held beyond those that run", () => {
  it("are none while handlers are slow", async () => {
    await using cluster = await Cluster.open();
    const work = job("work", async () => await delay(cluster.clock, 200));
    const server = await cluster.start({
      jobs: (jobs) => jobs.add(work),
      server: { concurrency: 2 },
    });
    for (let i = 0; i < 50; i++) await server.revo.scheduler.enqueueJob(work, {});
    let most = 0;

    for (let i = 0; i < 30; i++) {
      await cluster.advance(100);
      const { running = 0, waiting = 0 } = (await server.revo.health()).server ?? {};
      most = Math.max(most, running + waiting);
    }

    expect(most).toBe(2);
  });

  it("go back when slow jobs come after fast ones, for another server to run", async () => {
    await using cluster = await Cluster.open();
    const work = job("work", async ({ ms }: { ms: number }) => {
      if (ms > 0) await delay(cluster.clock, ms);
    });
    const hoarder = await cluster.start({
      jobs: (jobs) => jobs.add(work),
      server: { concurrency: 2 },
    });
    for (let i = 0; i < 200; i++) await hoarder.revo.scheduler.enqueueJob(work, { ms: 0 });
    await cluster.settle();
    await hoarder.revo.scheduler.enqueueJobs(
      Array.from({ length: 12 }, () => ({ job: work.with({ ms: 600_000 }) })),
    );
    await cluster.settle();
    const hoarded = (await hoarder.revo.health()).server?.waiting ?? 0;
    const other = await cluster.start({
      jobs: (jobs) => jobs.add(work),
      server: { concurrency: 20 },
    });

    await cluster.advance(8_000);

    expect(hoarded).toBeGreaterThan(5);
    expect((await hoarder.revo.health()).server).toMatchObject({ running: 2, waiting: 0 });
    expect((await other.revo.health()).server?.running).toBe(10);
    const { jobs } = await cluster.memory.monitor.find({
      filter: { states: ["processing"] },
      order: "oldest",
      limit: 100,
      scanLimit: 100,
      detail: "summary",
    });
    expect(jobs.map(({ attempt }) => attempt)).toEqual(Array(12).fill(1));
  });

  it("are run in their order", async () => {
    await using cluster = await Cluster.open();
    const order: number[] = [];
    const work = job("work", ({ n }: { n: number }) => void order.push(n));
    const server = await cluster.start({ jobs: (jobs) => jobs.add(work) });

    for (let n = 0; n < 3_000; n++) void server.revo.scheduler.enqueueJob(work, { n });
    await cluster.until(() => order.length === 3_000);

    expect(order).toEqual(Array.from({ length: 3_000 }, (_, n) => n));
  });
});

describe("a type that this process does not know", () => {
  it("is given back for ever longer with its attempt, never failed, and run by who knows it", async () => {
    await using cluster = await Cluster.open();
    const work = job("work", () => {});
    const stranger = job("stranger", () => {});
    const old = await cluster.start({ jobs: (jobs) => jobs.add(work) });
    const producer = await cluster.start({ jobs: (jobs) => jobs.declare(stranger).producerOnly() });
    const { id } = await producer.revo.scheduler.enqueueJob(stranger, {});

    await cluster.advance(100_000);
    const before = await cluster.record(id);
    await old.revo.stop();
    await cluster.start({ jobs: (jobs) => jobs.add(work).add(stranger) });
    await cluster.until(async () => (await cluster.record(id)).state === "succeeded", 300_000);

    expect(before).toMatchObject({ state: "scheduled", attempt: 0, releases: 5 });
    expect(toldBy(old, "job.released").map(({ delayMs, reason }) => [delayMs, reason])).toEqual([
      [5_000, "no-handler"],
      [10_000, "no-handler"],
      [20_000, "no-handler"],
      [40_000, "no-handler"],
      [80_000, "no-handler"],
    ]);
    expect(toldBy(old, "job.started")).toEqual([]);
    expect((await cluster.record(id)).attempt).toBe(1);
  });

  it("is given back also where it is declared only", async () => {
    await using cluster = await Cluster.open();
    const work = job("work", () => {});
    const stranger = job("stranger", () => {});
    const server = await cluster.start({ jobs: (jobs) => jobs.add(work).declare(stranger) });
    const { id } = await server.revo.scheduler.enqueueJob(stranger, {});

    await cluster.settle();

    expect(await cluster.record(id)).toMatchObject({ state: "scheduled", attempt: 0 });
  });

  it("does not hold up jobs that are known", async () => {
    await using cluster = await Cluster.open();
    const work = job("work", () => {});
    const stranger = job("stranger", () => {});
    const server = await cluster.start({
      jobs: (jobs) => jobs.add(work).declare(stranger),
      server: { concurrency: 1 },
    });
    for (let i = 0; i < 50; i++) await server.revo.scheduler.enqueueJob(stranger, {});
    const { id } = await server.revo.scheduler.enqueueJob(work, {});

    const tookMs = await cluster.until(
      async () => (await cluster.record(id)).state === "succeeded",
    );

    expect(tookMs).toBeLessThanOrEqual(100);
  });
});

describe("a job server woken from inside a scope", () => {
  it("runs no job in the scope of whoever woke it", async () => {
    await using cluster = await Cluster.open();
    const seen: unknown[] = [];
    const work = job("work", async ({ name }: { name: string }, context) => {
      context.progress(0.5);
      seen.push([name, currentScope()]);
      await delay(cluster.clock, 1);
      seen.push([name, currentScope()]);
    });
    const server = await cluster.start({
      jobs: (jobs) => jobs.add(work),
      server: { concurrency: 1 },
    });
    await server.revo.scheduler.enqueueJob(work, { name: "nobody" }, { delay: 10 });

    await runInScope({ tenant: "acme" }, async () => {
      await server.revo.scheduler.enqueueJob(work, { name: "acme" });
    });
    await runInScope({ tenant: "umbrella", user: "ada" }, async () => {
      await server.revo.scheduler.enqueueJob(work, { name: "umbrella" });
    });
    await server.revo.scheduler.enqueueJob(work, { name: "nobody either" });
    await cluster.advance(2_000);

    expect(new Set(seen.map((one) => JSON.stringify(one)))).toEqual(
      new Set([
        '["acme",{"tenant":"acme"}]',
        '["umbrella",{"tenant":"umbrella","user":"ada"}]',
        '["nobody",{}]',
        '["nobody either",{}]',
      ]),
    );
  });

  it("runs jobs that carry no context in none, whoever let them go", async () => {
    await using cluster = await Cluster.open();
    const seen: unknown[] = [];
    const work = job("work", () => void seen.push(currentScope()));
    const { revo } = await cluster.start({ jobs: (jobs) => jobs.add(work) });
    await revo.scheduler.pauseQueue("default", { reason: "test" });
    await revo.scheduler.enqueueJob(work, {});
    await revo.scheduler.enqueueJob(work, {}, { delay: "1 s" });
    await cluster.settle();

    await runInScope({ tenant: "acme" }, () => revo.scheduler.resumeQueue("default"));
    await cluster.advance(2_000);

    expect(seen).toEqual([{}, {}]);
  });

  it("does not keep a handler's scope in what it sets off", async () => {
    await using cluster = await Cluster.open();
    const seen: unknown[] = [];
    const follower = job("follower", () => void seen.push(currentScope()));
    const first = job("first", async (_payload: object) => {
      // Straight to the storage, without the scope that the scheduler would send along.
      await cluster.memory.control.resumeQueue({ queue: "default", actor: "test" });
      await server.revo.scheduler.enqueueJob(follower, {}, { headers: { "revo.tenant": "other" } });
    });
    const server = await cluster.start({ jobs: (jobs) => jobs.add(first).add(follower) });
    await runInScope({ tenant: "acme" }, () => server.revo.scheduler.enqueueJob(first, {}));

    await cluster.advance(1_000);

    expect(seen).toEqual([{ tenant: "other" }]);
  });
});

describe("a claim that the storage refuses", () => {
  it("does not keep results from being stored", async () => {
    await using cluster = await Cluster.open();
    const work = job("work", async () => await delay(cluster.clock, 5_000));
    const server = await cluster.start({ jobs: (jobs) => jobs.add(work) });
    const { id } = await server.revo.scheduler.enqueueJob(work, {});
    await cluster.settle();
    const inner = server.storage.exchange.bind(server.storage);
    server.storage.exchange = async (request) => {
      if (request.claim !== undefined) throw new RevoError("REVO_INTERNAL", "claims are broken");
      return await inner(request);
    };

    const tookMs = await cluster.until(
      async () => (await cluster.record(id)).state === "succeeded",
    );

    // Its run, and at most the back-off that was under way.
    expect(tookMs).toBeLessThanOrEqual(5_000 + 2_600);
  });
});
