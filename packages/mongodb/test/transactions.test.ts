import { describeWithServer } from "@revojs/conformance/vitest";
import { job, RevoConfiguration, type TransactionOf } from "@revojs/core";
import { type ClientSession, MongoClient, MongoServerError } from "mongodb";
import { expect, expectTypeOf, it, onTestFinished, vi } from "vitest";
import { MongodbJobStorage } from "../src/mongodb-job-storage.ts";
import { aClaim, aJob, registerServer } from "@revojs/conformance/fixtures";
import { aStorage } from "./a-storage.ts";

// A real server on a machine that has other work, too.
vi.setConfig({ testTimeout: 30_000 });

describeWithServer("mongodb", "transactions of the MongoDB storage", ({ url }) => {
  it("take a ClientSession, as the type says", () => {
    expectTypeOf<TransactionOf<MongodbJobStorage>>().toEqualTypeOf<ClientSession>();
  });

  it("store a document and its job together, or neither", async () => {
    const { storage, db, client } = await aStorage(url);
    const orders = db.collection("orders");
    await orders.insertOne({ name: "first" });
    const [kept, dropped] = [aJob(), aJob()];

    await client.withSession((session) =>
      session.withTransaction(async () => {
        await orders.insertOne({ name: "second" }, { session });
        await storage.transactions.enqueueIn(session, { jobs: [kept] });
      }),
    );
    const failed = client.withSession((session) =>
      session.withTransaction(async () => {
        await orders.insertOne({ name: "third" }, { session });
        await storage.transactions.enqueueIn(session, { jobs: [dropped] });
        throw new Error("changed my mind");
      }),
    );

    await expect(failed).rejects.toThrow("changed my mind");
    expect(await orders.countDocuments()).toBe(2);
    expect(await storage.monitor.get([kept.id, dropped.id])).toMatchObject([
      { state: "enqueued" },
      null,
    ]);
  });

  it("answer duplicates of ids and keys without ending the transaction", async () => {
    const { storage, client } = await aStorage(url);
    const unique = { key: "k", scope: "untilFinished", onConflict: "keep" } as const;
    const stored = aJob({ unique });
    await storage.enqueue({ jobs: [stored] });
    const fresh = aJob();

    const results = await client.withSession((session) =>
      session.withTransaction(async () => {
        const jobs = [stored, aJob({ unique }), fresh, fresh];
        return (await storage.transactions.enqueueIn(session, { jobs })).results;
      }),
    );

    expect(results).toEqual([
      { kind: "exists" },
      { kind: "duplicate", jobId: stored.id },
      { kind: "created" },
      { kind: "exists" },
    ]);
    expect(await storage.monitor.get([fresh.id])).toMatchObject([{ state: "enqueued" }]);
  });

  it("that take one key at once store one job: the later one is run again by the driver", async () => {
    const { storage, client } = await aStorage(url);
    const unique = { key: "k", scope: "untilFinished", onConflict: "keep" } as const;
    let tries = 0;

    const results = await Promise.all(
      [aJob({ unique }), aJob({ unique })].map((one) =>
        client.withSession((session) =>
          session.withTransaction(async () => {
            tries++;
            const enqueued = await storage.transactions.enqueueIn(session, { jobs: [one] });
            // So that both transactions are open at once.
            await storage.monitor.get([one.id]);
            return enqueued.results[0]?.kind;
          }),
        ),
      ),
    );

    expect(new Set(results)).toEqual(new Set(["created", "duplicate"]));
    expect(tries).toBeGreaterThanOrEqual(2);
  });

  it("throw what makes the transaction worth another try as the driver does, with its label", async () => {
    const { storage, db, client } = await aStorage(url);
    await storage.enqueue({ jobs: [aJob()] });
    const serverId = await registerServer(storage);
    const claim = aClaim();
    const { jobs } = await storage.exchange({ serverId, settle: [], claim });
    const jobId = jobs[0]?.id ?? "";
    const session = client.startSession();
    onTestFinished(() => session.endSession());
    session.startTransaction();
    await db.collection("orders").findOne({}, { session });
    await storage.reports.report([
      {
        jobId,
        token: claim.token,
        lines: [{ at: new Date(), attempt: 1, level: "info", text: "" }],
      },
    ]);

    const completing = storage.transactions.completeIn(session, {
      jobId,
      token: claim.token,
      outcome: { kind: "succeed", retainMs: 1000 },
    });

    await expect(completing).rejects.toSatisfy(
      (error) =>
        error instanceof MongoServerError && error.hasErrorLabel("TransientTransactionError"),
    );
    await session.abortTransaction();
  });

  it("of another client are refused, and so is a session without a transaction", async () => {
    const { storage, client } = await aStorage(url);
    const other = await new MongoClient(url).connect();
    onTestFinished(() => other.close());
    const [foreign, idle] = [other.startSession(), client.startSession()];
    foreign.startTransaction();
    const jobs = [aJob()];

    const refusals = [foreign, idle].map((session) =>
      storage.transactions.enqueueIn(session, { jobs }),
    );

    for (const refusal of refusals)
      await expect(refusal).rejects.toMatchObject({ code: "REVO_TRANSACTION_INVALID" });
    await foreign.abortTransaction();
    await Promise.all([foreign.endSession(), idle.endSession()]);
  });

  it("complete a job together with what its handler wrote, through the whole core", async () => {
    const { storage, db, client } = await aStorage(url);
    const orders = db.collection("orders");
    await orders.insertOne({ name: "before" });
    const capture = job("capture", async ({ order }: { readonly order: string }, context) => {
      await client.withSession((session) =>
        session.withTransaction(async () => {
          await orders.insertOne({ name: order }, { session });
          await context.completeIn(session);
        }),
      );
    });
    const revo = await new RevoConfiguration()
      .useLogger({ debug() {}, info() {}, warn() {}, error() {} })
      .useJobs(
        () => new MongodbJobStorage({ db }),
        (jobs) => jobs.add(capture).server({ signals: false }),
      )
      .start();
    onTestFinished(() => revo.stop());

    const { id } = await revo.scheduler.enqueueJob(capture, { order: "42" });

    await expect
      .poll(async () => (await storage.monitor.get([id]))[0]?.state, { timeout: 10_000 })
      .toBe("succeeded");
    expect(await orders.countDocuments({ name: "42" })).toBe(1);
  });
});

describeWithServer("mongodb-standalone", "transactions on a standalone server", ({ url }) => {
  it("are not offered, and a warning says why", async () => {
    const { storage } = await aStorage(url);

    const { warnings } = await storage.open();

    expect(storage.transactions).toBeUndefined();
    expect(warnings).toEqual([expect.stringContaining("no replica set")]);
  });

  it("are refused by core before anything is sent", async () => {
    const { db, client } = await aStorage(url);
    const noop = job("noop", (_payload: { readonly number: number }) => {});
    const revo = await new RevoConfiguration()
      .useLogger({ debug() {}, info() {}, warn() {}, error() {} })
      .useJobs(
        () => new MongodbJobStorage({ db }),
        (jobs) => jobs.declare(noop).producerOnly(),
      )
      .start();
    onTestFinished(() => revo.stop());
    const transaction = client.startSession();

    const enqueueing = revo.scheduler.enqueueJob(noop, { number: 1 }, { transaction });

    await expect(enqueueing).rejects.toMatchObject({ code: "REVO_CAPABILITY_MISSING" });
    await transaction.endSession();
  });
});
