import { describeWithServer } from "@revojs/conformance/vitest";
import { job, RevoConfiguration } from "@revojs/core";
import { expect, it, onTestFinished, vi } from "vitest";
import { MongodbJobStorage } from "../src/mongodb-job-storage.ts";
import { aClaim, aJob, registerServer } from "@revojs/conformance/fixtures";
import { aStorage } from "./a-storage.ts";

// A real server on a machine that has other work, too.
vi.setConfig({ testTimeout: 30_000 });

const patience = { timeout: 10_000 };
const HOUR_MS = 3_600_000;

describeWithServer("mongodb", "a job server that sleeps", ({ url }) => {
  it("is woken by the commit of a transaction that stored a job, and not before", async () => {
    const { storage, client, wakes } = await aSleeper(url);
    const session = client.startSession();
    session.startTransaction();
    await storage.transactions.enqueueIn(session, { jobs: [aJob()] });
    await storage.monitor.queues();
    const before = [...wakes];

    await session.commitTransaction();

    await expect.poll(() => wakes, patience).toEqual(["jobs"]);
    expect(before).toEqual([]);
    await session.endSession();
  });

  it("is woken when the session ends with its transaction, as `withTransaction` has it", async () => {
    const { storage, client, wakes } = await aSleeper(url);

    await client.withSession((session) =>
      session.withTransaction(async () => {
        await storage.transactions.enqueueIn(session, { jobs: [aJob()] });
        await storage.transactions.enqueueIn(session, { jobs: [aJob()] });
      }),
    );

    await expect.poll(() => wakes, patience).toEqual(["jobs"]);
  });

  it("is told of a job that the transaction scheduled", async () => {
    const { storage, client, wakes } = await aSleeper(url);
    const later = aJob({ start: { kind: "delay", delayMs: HOUR_MS } });

    await client.withSession((session) =>
      session.withTransaction(() => storage.transactions.enqueueIn(session, { jobs: [later] })),
    );

    await expect.poll(() => wakes, patience).toEqual(["due"]);
  });

  it("is woken by each of two transactions of one session", async () => {
    const { storage, client, wakes } = await aSleeper(url);
    const session = client.startSession();
    onTestFinished(() => session.endSession());

    await session.withTransaction(() =>
      storage.transactions.enqueueIn(session, { jobs: [aJob()] }),
    );
    await expect.poll(() => wakes, patience).toEqual(["jobs"]);
    await session.withTransaction(() =>
      storage.transactions.enqueueIn(session, { jobs: [aJob()] }),
    );

    await expect.poll(() => wakes, patience).toEqual(["jobs", "jobs"]);
  });

  it("of another process runs the job at once, however long its poll", async () => {
    const { db, client } = await aStorage(url);
    const ran = Promise.withResolvers<void>();
    const ship = job("ship", () => ran.resolve());
    const worker = await quiet()
      .useJobs(
        () => new MongodbJobStorage({ db }),
        (jobs) => jobs.add(ship).server({ signals: false, poll: 60_000 }),
      )
      .start();
    onTestFinished(() => worker.stop());
    const producer = await quiet()
      .useJobs(
        () => new MongodbJobStorage({ db }),
        (jobs) => jobs.declare(ship).producerOnly(),
      )
      .start();
    onTestFinished(() => producer.stop());
    const isHungry = { hungry: { $exists: true } };
    const servers = db.collection("revo_control");
    await expect.poll(() => servers.countDocuments(isHungry), patience).toBe(1);

    await client.withSession((session) =>
      session.withTransaction(() =>
        producer.scheduler.enqueueJob(ship, {}, { transaction: session }),
      ),
    );

    await ran.promise;
  });
});

function quiet(): RevoConfiguration {
  return new RevoConfiguration().useLogger({ debug() {}, info() {}, warn() {}, error() {} });
}

/** A server that listens and came back with nothing. */
async function aSleeper(url: string) {
  const { storage, client, db } = await aStorage(url);
  const wakes: string[] = [];
  const serverId = await registerServer(storage);
  await storage.wakeUps.listen({ serverId, onWake: (cause) => wakes.push(cause) });
  await storage.exchange({ serverId, settle: [], claim: aClaim() });
  const { storage: producer } = await aStorage(url, { db });
  return { storage: producer, client, wakes };
}
