import { describe, expect, it } from "vitest";
import { RevoError } from "../../src/errors.ts";
import { EventHub } from "../../src/events/event-hub.ts";
import { DefaultActivator } from "../../src/handlers/default-activator.ts";
import { job } from "../../src/handlers/define-job.ts";
import { JobTypeRegistry } from "../../src/handlers/job-type-registry.ts";
import { defaultTypeOptions } from "../../src/job/job-options.ts";
import { isFinal } from "../../src/job/job-state.ts";
import { JobServer } from "../../src/server/job-server.ts";
import { resolveServerOptions } from "../../src/server/server-options.ts";
import type { ExchangeRequest } from "../../src/storage/exchange.ts";
import type { ServerRegistration } from "../../src/storage/job-servers.ts";
import type { IClock } from "../../src/support/clock.ts";
import { delay } from "../../src/support/delay.ts";
import { silentLogger } from "../../src/support/logger.ts";
import { FaultyStorage } from "../support/faulty-storage.ts";
import { SeededRandom } from "../support/seeded-random.ts";
import { aSignal, Cluster, fired, toldBy, type Member } from "./cluster.ts";

/** Ends its run after `ms`, or for its signal. */
function aSleeper(cluster: Cluster) {
  return job("sleeper", async ({ ms }: { ms: number }, { signal }) => {
    await delay(cluster.clock, ms, signal);
    signal.throwIfAborted();
  });
}

/** Whether the promise has resolved already. */
async function hasEnded(cluster: Cluster, promise: Promise<unknown>): Promise<boolean> {
  let ended = false;
  void promise.then(() => (ended = true));
  await cluster.settle();
  return ended;
}

/** Notes each claim that the storage is asked for. */
function notingClaims(member: Member): ExchangeRequest[] {
  const claims: ExchangeRequest[] = [];
  const inner = member.storage.exchange.bind(member.storage);
  member.storage.exchange = async (request) => {
    if (request.claim !== undefined) claims.push(request);
    return await inner(request);
  };
  return claims;
}

// Row P5.
describe("a graceful stop", () => {
  it("lets short jobs finish, releases long ones with their attempt, and both are done in the end", async () => {
    await using cluster = await Cluster.open();
    const sleeper = aSleeper(cluster);
    const server = await cluster.start({
      jobs: (jobs) => jobs.add(sleeper),
      server: { concurrency: 20, grace: "2 s" },
    });
    const handles = await server.revo.scheduler.enqueueJobs(
      Array.from({ length: 20 }, (_, i) => ({ job: sleeper.with({ ms: i < 10 ? 1_000 : 9_000 }) })),
    );
    await cluster.advance(100);
    const claims = notingClaims(server);

    const stopping = server.revo.stop();
    const tookMs = await cluster.until(async () => await hasEnded(cluster, stopping));

    const records = await Promise.all(handles.map(({ id }) => cluster.record(id)));
    expect(records.slice(0, 10).map(({ state }) => state)).toEqual(Array(10).fill("succeeded"));
    expect(
      records.slice(10).map(({ state, attempt, crashes }) => [state, attempt, crashes]),
    ).toEqual(Array.from({ length: 10 }, () => ["enqueued", 0, 0]));
    expect(toldBy(server, "job.released").map(({ reason }) => reason)).toEqual(
      Array(10).fill("shutdown"),
    );
    expect(tookMs).toBeLessThanOrEqual(3_000);
    expect(claims).toEqual([]);
    expect(await cluster.memory.monitor.servers()).toEqual([]);
    expect(server.clock.pendingTimers).toBe(0);

    const heir = await cluster.start({
      jobs: (jobs) => jobs.add(sleeper),
      server: { concurrency: 20 },
    });
    await cluster.until(async () =>
      (await cluster.states()).every((state) => state === "succeeded"),
    );
    expect(toldBy(heir, "job.started").map(({ attempt }) => attempt)).toEqual(Array(10).fill(1));
  });

  it("gives back at once what has not started, for another server to run within a second", async () => {
    await using cluster = await Cluster.open();
    const sleeper = aSleeper(cluster);
    const server = await cluster.start({
      jobs: (jobs) => jobs.add(sleeper),
      server: { concurrency: 1 },
    });
    for (let i = 0; i < 30; i++) await server.revo.scheduler.enqueueJob(sleeper, { ms: 0 });
    await cluster.advance(100);
    await server.revo.scheduler.enqueueJobs(
      [5_000, 1, 1, 1].map((ms) => ({ job: sleeper.with({ ms }) })),
    );
    await cluster.settle();
    const held = (await server.revo.health()).server?.waiting ?? 0;
    const heir = await cluster.start({ jobs: (jobs) => jobs.add(sleeper) });

    void server.revo.stop();
    await cluster.advance(1_000);

    expect(held).toBe(3);
    expect(toldBy(heir, "job.succeeded")).toHaveLength(3);
  });

  it("stops once, however often it is asked to", async () => {
    await using cluster = await Cluster.open();
    const sleeper = aSleeper(cluster);
    const server = await cluster.start({ jobs: (jobs) => jobs.add(sleeper) });
    await server.revo.scheduler.enqueueJob(sleeper, { ms: 500 });
    await cluster.settle();

    const stops = [server.revo.stop(), server.revo.stop()];
    await cluster.advance(600);
    stops.push(server.revo.stop());
    await Promise.all(stops);

    expect(toldBy(server, "server.stopped")).toHaveLength(1);
    expect(await cluster.states()).toEqual(["succeeded"]);
  });

  it("waits no longer than needed", async () => {
    await using cluster = await Cluster.open();
    const server = await cluster.start({ jobs: (jobs) => jobs.add(aSleeper(cluster)) });

    await server.revo.stop();

    expect(cluster.clock.monotonicMs()).toBe(0);
  });

  it("leaves behind a handler that does not listen, its job released", async () => {
    await using cluster = await Cluster.open();
    const late = aSignal();
    const deaf = job("deaf", () => late.promise);
    const server = await cluster.start({
      jobs: (jobs) => jobs.add(deaf),
      server: { grace: "1 s" },
    });
    const { id } = await server.revo.scheduler.enqueueJob(deaf, {});
    await cluster.settle();

    const stopping = server.revo.stop();
    const tookMs = await cluster.until(async () => await hasEnded(cluster, stopping));
    const released = await cluster.record(id);
    late.fire();
    await cluster.advance(1_000);

    expect(tookMs).toBeLessThanOrEqual(2_050);
    expect(released).toMatchObject({ state: "enqueued", attempt: 0, crashes: 0 });
    expect(await cluster.record(id)).toEqual(released);
  });

  it("gives back what an answer to the last claim still brings", async () => {
    await using cluster = await Cluster.open();
    const sleeper = aSleeper(cluster);
    const server = await cluster.start({ jobs: (jobs) => jobs.add(sleeper) });
    const gate = aSignal();
    const inner = server.storage.exchange.bind(server.storage);
    server.storage.exchange = async (request) => {
      const reply = await inner(request);
      if (reply.jobs.length > 0) await gate.promise;
      return reply;
    };
    const { id } = await server.revo.scheduler.enqueueJob(sleeper, { ms: 0 });
    await cluster.settle();
    const claimed = (await cluster.record(id)).state;

    const stopping = server.revo.stop();
    await cluster.settle();
    gate.fire();
    await stopping;

    expect(claimed).toBe("processing");
    expect(await cluster.record(id)).toMatchObject({ state: "enqueued", attempt: 0, crashes: 0 });
    expect(toldBy(server, "job.started")).toEqual([]);
  });

  it("learns first what a claim of unknown outcome gave, and gives it back", async () => {
    await using cluster = await Cluster.open();
    const sleeper = aSleeper(cluster);
    const server = await cluster.start({ jobs: (jobs) => jobs.add(sleeper) });
    const inner = server.storage.exchange.bind(server.storage);
    let isLost = true;
    server.storage.exchange = async (request) => {
      const reply = await inner(request);
      if (isLost && reply.jobs.length > 0) {
        throw new RevoError("REVO_STORAGE_OUTCOME_UNKNOWN", "the reply was lost");
      }
      return reply;
    };
    const { id } = await server.revo.scheduler.enqueueJob(sleeper, { ms: 0 });
    await cluster.settle();

    const stopping = server.revo.stop();
    isLost = false;
    await cluster.until(async () => await hasEnded(cluster, stopping));

    expect(await cluster.record(id)).toMatchObject({ state: "enqueued", attempt: 0, crashes: 0 });
    expect(toldBy(server, "job.started")).toEqual([]);
  });

  it("learns it also when the answer gets lost while it stops", async () => {
    await using cluster = await Cluster.open();
    const sleeper = aSleeper(cluster);
    const server = await cluster.start({ jobs: (jobs) => jobs.add(sleeper) });
    const inner = server.storage.exchange.bind(server.storage);
    const gate = aSignal();
    let isLost = true;
    server.storage.exchange = async (request) => {
      const reply = await inner(request);
      if (!isLost || reply.jobs.length === 0) return reply;
      await gate.promise;
      throw new RevoError("REVO_STORAGE_OUTCOME_UNKNOWN", "the reply was lost");
    };
    const { id } = await server.revo.scheduler.enqueueJob(sleeper, { ms: 0 });
    await cluster.settle();

    const stopping = server.revo.stop();
    await cluster.settle();
    gate.fire();
    await cluster.settle();
    isLost = false;
    await cluster.until(async () => await hasEnded(cluster, stopping));

    expect(await cluster.record(id)).toMatchObject({ state: "enqueued", attempt: 0, crashes: 0 });
  });

  it("makes no claim again that the storage never took", async () => {
    await using cluster = await Cluster.open();
    const sleeper = aSleeper(cluster);
    const server = await cluster.start({ jobs: (jobs) => jobs.add(sleeper) });
    server.storage.isAway = true;
    await cluster.advance(5_000);
    const stopping = server.revo.stop();
    const claims = notingClaims(server);

    server.storage.isAway = false;
    await cluster.until(async () => await hasEnded(cluster, stopping));

    expect(claims).toEqual([]);
  });

  it("ends although the storage is away, leaves no timer and sends nothing any more", async () => {
    await using cluster = await Cluster.open();
    const sleeper = aSleeper(cluster);
    const server = await cluster.start({
      jobs: (jobs) => jobs.add(sleeper),
      server: { grace: "1 s" },
    });
    const { id } = await server.revo.scheduler.enqueueJob(sleeper, { ms: 500 });
    await cluster.settle();
    server.storage.isAway = true;

    const stopping = server.revo.stop();
    const tookMs = await cluster.until(async () => await hasEnded(cluster, stopping));
    server.storage.isAway = false;
    await cluster.advance(60_000);

    expect(tookMs).toBeLessThanOrEqual(6_000);
    expect(server.clock.pendingTimers).toBe(0);
    expect((await cluster.record(id)).state).toBe("processing");
  });

  it("ends although a call to the storage never answers", async () => {
    await using cluster = await Cluster.open();
    const sleeper = aSleeper(cluster);
    const server = await cluster.start({
      jobs: (jobs) => jobs.add(sleeper),
      server: { grace: "1 s" },
    });
    server.storage.heartbeat = () => new Promise(() => {});
    server.storage.exchange = () => new Promise(() => {});
    await cluster.advance(6_000);

    const stopping = server.revo.stop();
    const tookMs = await cluster.until(async () => await hasEnded(cluster, stopping));

    expect(tookMs).toBeLessThanOrEqual(12_000);
    expect(server.clock.pendingTimers).toBe(0);
  });

  it("tries nothing again when a call fails that was on its way at the end", async () => {
    await using cluster = await Cluster.open();
    const sleeper = aSleeper(cluster);
    const server = await cluster.start({ jobs: (jobs) => jobs.add(sleeper) });
    await server.revo.scheduler.enqueueJob(sleeper, { ms: 500 });
    await cluster.settle();
    let calls = 0;
    server.storage.exchange = async () => {
      calls += 1;
      await delay(cluster.clock, 20_000);
      throw new RevoError("REVO_STORAGE_UNAVAILABLE", "no answer");
    };

    const stopping = server.revo.stop();
    await cluster.until(async () => await hasEnded(cluster, stopping));
    const callsAtTheEnd = calls;
    await cluster.advance(60_000);

    expect([callsAtTheEnd, calls]).toEqual([1, 1]);
    expect(server.clock.pendingTimers).toBe(0);
  });

  it("says goodbye also where a part of it fails", async () => {
    await using cluster = await Cluster.open();
    const server = await cluster.start({ jobs: (jobs) => jobs.add(aSleeper(cluster)) });
    await server.revo.scheduler.enqueueJob(aSleeper(cluster), { ms: 0 });
    await cluster.settle();
    server.storage.broken.set("metrics.put", () => new Error("metrics broken"));

    await server.revo.stop();

    expect(await cluster.memory.monitor.servers()).toEqual([]);
  });

  it("lets the last jobs use the scheduler", async () => {
    await using cluster = await Cluster.open();
    const follower = job("follower", () => {});
    const first = job("first", async (_payload: object, { signal }) => {
      await fired(signal);
      await server.revo.scheduler.enqueueJob(follower, {});
    });
    const server: Member = await cluster.start({
      jobs: (jobs) => jobs.add(first).add(follower),
      server: { grace: "1 s" },
    });
    const { id } = await server.revo.scheduler.enqueueJob(first, {});
    await cluster.settle();

    const stopping = server.revo.stop();
    await cluster.until(async () => await hasEnded(cluster, stopping));

    expect((await cluster.record(id)).state).toBe("succeeded");
    expect(await cluster.states()).toEqual(["succeeded", "enqueued"]);
  });

  it("keeps its lease while the last jobs run", async () => {
    await using cluster = await Cluster.open();
    const sleeper = aSleeper(cluster);
    const server = await cluster.start({
      jobs: (jobs) => jobs.add(sleeper),
      server: { grace: "2 min" },
    });
    await cluster.start({ jobs: (jobs) => jobs.add(sleeper) });
    const { id } = await server.revo.scheduler.enqueueJob(sleeper, { ms: 60_000 });
    await cluster.settle();

    const stopping = server.revo.stop();
    await cluster.until(async () => isFinal((await cluster.record(id)).state));
    await stopping;

    expect(await cluster.record(id)).toMatchObject({ state: "succeeded", attempt: 1, crashes: 0 });
  });

  it("comes also from the storage: an operator stops or quiets a server there", async () => {
    await using cluster = await Cluster.open();
    const sleeper = aSleeper(cluster);
    const server = await cluster.start({ jobs: (jobs) => jobs.add(sleeper) });
    const serverId = (await server.revo.health()).server?.serverId ?? "";

    await cluster.memory.control.signalServer(serverId, "quiet");
    await cluster.settle();
    const { id } = await server.revo.scheduler.enqueueJob(sleeper, { ms: 0 });
    await cluster.advance(10_000);
    const quiet = [(await server.revo.health()).server?.state, (await cluster.record(id)).state];
    await cluster.memory.control.signalServer(serverId, "run");
    await cluster.settle();
    const running = [(await server.revo.health()).server?.state, (await cluster.record(id)).state];
    await cluster.memory.control.signalServer(serverId, "stop");
    await cluster.advance(100);
    const stopped = (await server.revo.health()).server?.state;

    expect([quiet, running, stopped]).toEqual([
      ["quiet", "enqueued"],
      ["running", "succeeded"],
      "stopped",
    ]);
  });
});

describe("a stop during the start", () => {
  it("leaves no server behind when a section cannot start", async () => {
    await using cluster = await Cluster.open();
    class Failing {
      start(): never {
        throw new Error("section broken");
      }
    }
    const starting = cluster.start({
      jobs: (jobs) => jobs.add(aSleeper(cluster)),
      configure: (configuration) => void configuration.getSection(Failing),
    });

    await expect(starting).rejects.toThrow("section broken");
    await cluster.settle();

    expect(await cluster.memory.monitor.servers()).toEqual([]);
    expect(cluster.clock.pendingTimers).toBe(0);
  });

  it("leaves no server behind when it comes before the storage knows the server", async () => {
    await using cluster = await Cluster.open();
    const gate = aSignal();
    const registry = new JobTypeRegistry();
    const storage = Object.assign(new FaultyStorage(cluster.memory, idle(cluster.clock)), {
      register: async (registration: ServerRegistration) => {
        await gate.promise;
        return await cluster.memory.register(registration);
      },
    });
    const server = new JobServer({
      storage,
      registry,
      activator: new DefaultActivator(),
      middleware: [],
      carriers: [],
      events: new EventHub(),
      clock: cluster.clock,
      random: new SeededRandom(1),
      logger: silentLogger,
      options: resolveServerOptions({}),
      defaults: defaultTypeOptions,
      maxPayloadBytes: 1_000,
    });
    const starting = server.start();

    await server.stop();
    gate.fire();
    await starting;
    await cluster.settle();

    expect(server.health().state).toBe("stopped");
    expect(await cluster.memory.monitor.servers()).toEqual([]);
    expect(cluster.clock.pendingTimers).toBe(0);
  });
});

function idle(clock: IClock): { readonly clock: IClock; readonly fraction: () => number } {
  return { clock, fraction: () => 0.5 };
}
