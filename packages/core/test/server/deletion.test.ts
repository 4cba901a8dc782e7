import { describe, expect, it } from "vitest";
import { RevoError } from "../../src/errors.ts";
import { job } from "../../src/handlers/define-job.ts";
import { Cluster, fired, toldBy, withoutWakeUps } from "./cluster.ts";

describe("deleting a job", () => {
  it("fires the signal of its handler, whichever process asked, within one beat", async () => {
    await using cluster = await Cluster.open();
    const reasons: unknown[] = [];
    const work = job("work", async (_payload: object, { signal }) => {
      await fired(signal);
      reasons.push((signal.reason as RevoError).code);
      signal.throwIfAborted();
    });
    const server = await cluster.start({ jobs: (jobs) => jobs.add(work) });
    const other = await cluster.start({ jobs: (jobs) => jobs.declare(work).producerOnly() });
    const { id } = await server.revo.scheduler.enqueueJob(work, {});
    await cluster.settle();

    const answer = await other.revo.scheduler.deleteJob(id);
    const tookMs = await cluster.until(async () => (await cluster.record(id)).state === "deleted");

    expect([answer, reasons]).toEqual([true, ["REVO_JOB_DELETED"]]);
    expect(await cluster.record(id)).toMatchObject({ state: "deleted", reason: "requested" });
    expect(tookMs).toBeLessThanOrEqual(50);
    expect(toldBy(server, "job.deleted").map(({ jobId }) => jobId)).toEqual([id]);
  });

  it("reaches the handler by the next heartbeat where no wake comes through", async () => {
    await using cluster = await Cluster.open();
    const work = job("work", async (_payload: object, { signal }) => {
      await fired(signal);
      throw new Error("stopped");
    });
    const server = await cluster.start({
      jobs: (jobs) => jobs.add(work),
      wrap: withoutWakeUps,
    });
    const { id } = await server.revo.scheduler.enqueueJob(work, {});
    await cluster.advance(1_500);

    await server.revo.scheduler.deleteJob(id);
    const tookMs = await cluster.until(async () => (await cluster.record(id)).state === "deleted");

    expect(tookMs).toBeLessThanOrEqual(5_050);
  });

  it("does not undo a success that came first", async () => {
    await using cluster = await Cluster.open();
    const work = job("work", async (_payload: object, { signal }) => {
      await fired(signal);
      return "done all the same";
    });
    const { revo } = await cluster.start({ jobs: (jobs) => jobs.add(work) });
    const { id } = await revo.scheduler.enqueueJob(work, {});
    await cluster.settle();

    await revo.scheduler.deleteJob(id);
    await cluster.settle();

    expect((await cluster.record(id)).state).toBe("succeeded");
  });

  it("gives the slot of a handler that does not listen to another job after the kill grace", async () => {
    await using cluster = await Cluster.open();
    const deaf = job("deaf", () => new Promise(() => {}));
    const next = job("next", () => {});
    const server = await cluster.start({
      jobs: (jobs) => jobs.add(deaf).add(next),
      server: { concurrency: 1, killGrace: "2 s" },
    });
    const { id } = await server.revo.scheduler.enqueueJob(deaf, {});
    const { id: nextId } = await server.revo.scheduler.enqueueJob(next, {});
    await cluster.settle();

    await server.revo.scheduler.deleteJob(id);
    await cluster.advance(1_900);
    const before = (await cluster.record(id)).state;
    await cluster.advance(200);

    expect([before, (await cluster.record(id)).state]).toEqual(["processing", "deleted"]);
    expect((await cluster.record(nextId)).state).toBe("succeeded");
    expect(toldBy(server, "job.stuck")).toMatchObject([{ reason: "REVO_JOB_DELETED" }]);
  });

  it("keeps a job that waits for a slot in the server from ever starting", async () => {
    await using cluster = await Cluster.open();
    const ran: number[] = [];
    const work = job("work", async ({ n }: { n: number }, { signal }) => {
      ran.push(n);
      if (n === 1) await fired(signal);
    });
    const server = await cluster.start({
      jobs: (jobs) => jobs.add(work),
      server: { concurrency: 1 },
    });
    // Fast jobs first, so that the server holds more than it runs.
    for (let i = 0; i < 30; i++) await server.revo.scheduler.enqueueJob(work, { n: 0 });
    await cluster.settle();
    const first = await server.revo.scheduler.enqueueJob(work, { n: 1 });
    const second = await server.revo.scheduler.enqueueJob(work, { n: 2 });
    await cluster.settle();
    const held = (await cluster.record(second.id)).state;

    await server.revo.scheduler.deleteJob(second);
    await cluster.settle();
    await server.revo.scheduler.deleteJob(first);
    await cluster.advance(1_000);

    expect(held).toBe("processing");
    expect((await cluster.record(second.id)).state).toBe("deleted");
    expect(ran.filter((n) => n > 0)).toEqual([1]);
    expect((await server.revo.health()).server).toMatchObject({ running: 0, waiting: 0 });
  });

  it("keeps a suspect that is being marked from ever starting", async () => {
    await using cluster = await Cluster.open();
    let runs = 0;
    const fragile = job("fragile", () => (runs += 1), { maxCrashes: 0 });
    const server = await cluster.start({ jobs: (jobs) => jobs.add(fragile) });
    const { id } = await server.revo.scheduler.enqueueJob(fragile, {});
    // The claim goes through, the mark does not.
    let exchanges = 0;
    const inner = server.storage.exchange.bind(server.storage);
    server.storage.exchange = async (request) => {
      if (request.starting !== undefined && (exchanges += 1) === 1) {
        throw new RevoError("REVO_STORAGE_UNAVAILABLE", "away for a moment");
      }
      return await inner(request);
    };
    await cluster.settle();

    await server.revo.scheduler.deleteJob(id);
    await cluster.advance(10_000);

    expect(exchanges).toBeGreaterThan(0);
    expect((await cluster.record(id)).state).toBe("deleted");
    expect(runs).toBe(0);
  });

  it("is told again until the attempt has ended, and fires the signal once", async () => {
    await using cluster = await Cluster.open();
    let aborts = 0;
    const slow = job("slow", async (_payload: object, { signal }) => {
      signal.addEventListener("abort", () => (aborts += 1));
      await new Promise<void>((resolve) => void cluster.clock.schedule(20_000, resolve));
      throw new Error("at last");
    });
    const server = await cluster.start({
      jobs: (jobs) => jobs.add(slow),
      server: { killGrace: "1 min" },
    });
    const { id } = await server.revo.scheduler.enqueueJob(slow, {});
    await cluster.settle();
    await server.revo.scheduler.deleteJob(id);

    await cluster.advance(21_000);

    expect(aborts).toBe(1);
    expect((await cluster.record(id)).state).toBe("deleted");
  });
});
