import { describeWithServer } from "@revojs/conformance/vitest";
import { expect, it, onTestFinished, vi } from "vitest";
import { MongodbJobStorage } from "../src/mongodb-job-storage.ts";
import { aClaim, aJob, registerServer } from "@revojs/conformance/fixtures";
import { aDatabase, aStorage } from "./a-storage.ts";

// A real server on a machine that has other work, too.
vi.setConfig({ testTimeout: 30_000 });

describeWithServer("mongodb", "opening the MongoDB storage", ({ url }) => {
  it("makes collections and indexes once, from several processes at once, too", async () => {
    const db = await aDatabase(url);
    const storages = [1, 2, 3, 4].map(() => new MongodbJobStorage({ db }));

    const identities = await Promise.all(storages.map((storage) => storage.open()));

    await Promise.all(storages.map((storage) => storage.close()));
    expect(new Set(identities.map(({ storageId }) => storageId)).size).toBe(1);
    const names = (await db.listCollections().toArray()).map(({ name }) => name);
    expect(new Set(names)).toEqual(
      new Set(["revo_control", "revo_jobs", "revo_logs", "revo_wakes"]),
    );
  });

  it("refuses a collection of that name with other documents, and writes nothing", async () => {
    const db = await aDatabase(url);
    await db.collection("revo_jobs").insertOne({ title: "chief" });
    const storage = new MongodbJobStorage({ db });

    await expect(storage.open()).rejects.toMatchObject({ code: "REVO_SCHEMA_FOREIGN" });

    const names = (await db.listCollections().toArray()).map(({ name }) => name);
    expect(names).toEqual(["revo_jobs"]);
    expect(await db.collection("revo_jobs").indexes()).toHaveLength(1);
  });

  it("refuses a storage that a newer package made", async () => {
    const { db } = await aStorage(url);
    const control = db.collection<{ _id: string }>("revo_control");
    await control.updateOne({ _id: "storage" }, { $set: { schemaVersion: 2 } });
    const storage = new MongodbJobStorage({ db });

    await expect(storage.open()).rejects.toMatchObject({ code: "REVO_SCHEMA_TOO_NEW" });
  });

  it("with `check` refuses what is missing, and takes what is there", async () => {
    const db = await aDatabase(url);
    const checking = new MongodbJobStorage({ db, schema: "check" });
    onTestFinished(() => checking.close());

    await expect(checking.open()).rejects.toMatchObject({ code: "REVO_SCHEMA_OUTDATED" });
    const { storage } = await aStorage(url, { db });
    await db.collection("revo_jobs").dropIndex("due");
    await expect(checking.open()).rejects.toThrow(/lacks the indexes due/);
    await storage.close();
    await storage.open();

    await expect(checking.open()).resolves.toMatchObject({ schemaVersion: 1 });
  });

  it("goes on with the indexes of another storage by the side: prefixes keep them apart", async () => {
    const db = await aDatabase(url);
    const [{ storage: one }, { storage: other }] = await Promise.all([
      aStorage(url, { db, prefix: "one" }),
      aStorage(url, { db, prefix: "other" }),
    ]);
    const job = aJob();

    await one.enqueue({ jobs: [job] });

    const serverId = await registerServer(other);
    expect((await other.exchange({ serverId, settle: [], claim: aClaim() })).jobs).toEqual([]);
    expect(await other.monitor.get([job.id])).toEqual([null]);
  });

  it("leaves a database that was given open when it closes", async () => {
    const { storage, db } = await aStorage(url);

    await storage.close();

    expect(await db.command({ ping: 1 })).toMatchObject({ ok: 1 });
  });

  it("may be done again after closing, and finds what was stored", async () => {
    const { storage } = await aStorage(url);
    const job = aJob();
    await storage.enqueue({ jobs: [job] });
    await storage.close();

    await storage.open();

    expect(await storage.monitor.get([job.id])).toMatchObject([{ id: job.id }]);
  });

  it("does not take over read preference and write concern of the client", async () => {
    const db = await aDatabase(url);
    const loose = db.client.db(db.databaseName, {
      readPreference: "secondary",
      writeConcern: { w: 0 },
    });
    const { storage } = await aStorage(url, { db: loose });
    const job = aJob();

    const results = await storage.enqueue({ jobs: [job, job] });

    expect(results).toEqual([{ kind: "created" }, { kind: "exists" }]);
    expect(await storage.monitor.get([job.id])).toMatchObject([{ state: "enqueued" }]);
  });
});
