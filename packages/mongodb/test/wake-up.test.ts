import { describeWithServer } from "@revojs/conformance/vitest";
import type { NewJob } from "@revojs/core";
import { expect, it, vi } from "vitest";
import type { MongodbJobStorage } from "../src/mongodb-job-storage.ts";
import type { MongodbJobStorageOptions } from "../src/options.ts";
import { aClaim, aJob, anId, registerServer } from "@revojs/conformance/fixtures";
import { aDatabase, aStorage } from "./a-storage.ts";

// A real server on a machine that has other work, too.
vi.setConfig({ testTimeout: 30_000 });

const patience = { timeout: 10_000 };

for (const store of ["mongodb", "mongodb-standalone"] as const) {
  describeWithServer(store, `wakes by a tailable cursor on ${store}`, ({ url }) => {
    it("reach a server of another process for a new job, a due one and an order", async () => {
      const { storage, wakes, serverId } = await aSleeper(url, { wakeUps: "tailable" });
      const { storage: producer } = await aStorage(url, { db: storage.db });

      await producer.enqueue({ jobs: [aJob()] });
      await expect.poll(() => wakes, patience).toEqual(["jobs"]);
      await producer.enqueue({ jobs: [aJob({ start: { kind: "delay", delayMs: 60_000 } })] });
      await expect.poll(() => wakes, patience).toEqual(["jobs", "due"]);
      await producer.control.signalServer(serverId, "quiet");

      await expect.poll(() => wakes, patience).toEqual(["jobs", "due", "control"]);
    });

    it("do not come for a job that is due after another one", async () => {
      const { storage, wakes, serverId } = await aSleeper(url);
      const { storage: producer } = await aStorage(url, { db: storage.db });
      await producer.enqueue({ jobs: [jobIn(60_000)] });
      await expect.poll(() => wakes, patience).toEqual(["due"]);

      await producer.enqueue({ jobs: [jobIn(120_000)] });
      await producer.control.signalServer(serverId, "quiet");

      await expect.poll(() => wakes, patience).toEqual(["due", "control"]);
    });

    it("are not sent while nobody is hungry", async () => {
      const { storage, db } = await aStorage(url);
      const messages = db.collection("revo_wakes");
      const before = await messages.countDocuments();

      await storage.enqueue({ jobs: [aJob()] });
      await storage.close();

      expect(await messages.countDocuments()).toBe(before);
    });

    it(
      "go on after the connection of the cursor broke, and tell of the gap",
      patience,
      async () => {
        const appName = `sleeper-${anId()}`;
        const { storage, wakes } = await aSleeper(url, { db: await aDatabase(url, appName) });
        const { storage: producer, client } = await aStorage(url, {
          db: (await aDatabase(url)).client.db(storage.db.databaseName),
        });
        await client.db("admin").command({
          configureFailPoint: "failCommand",
          mode: { times: 1 },
          data: { failCommands: ["getMore"], closeConnection: true, appName },
        });
        await producer.enqueue({ jobs: [aJob()] });
        await expect.poll(() => wakes, patience).toEqual(["jobs", "gap"]);

        await producer.enqueue({ jobs: [aJob()] });

        await expect.poll(() => wakes, patience).toEqual(["jobs", "gap", "jobs"]);
      },
    );
  });
}

describeWithServer("mongodb", "wakes by a change stream", ({ url }) => {
  it("reach a server of another process", async () => {
    const { storage, wakes, serverId } = await aSleeper(url, { wakeUps: "changeStream" });
    const { storage: producer } = await aStorage(url, {
      db: storage.db,
      wakeUps: "changeStream",
    });
    await producer.enqueue({ jobs: [aJob()] });
    await expect.poll(() => wakes, patience).toEqual(["jobs"]);
    await producer.control.signalServer(serverId, "quiet");

    await expect.poll(() => wakes, patience).toEqual(["jobs", "control"]);
  });

  it("are taken where the collection is there already and not capped", async () => {
    const db = await aDatabase(url);
    await db.createCollection("revo_wakes");
    const { storage } = await aStorage(url, { db });
    const { warnings } = await storage.open();
    const wakes = await fallAsleep(storage);

    await storage.enqueue({ jobs: [aJob()] });

    await expect.poll(() => wakes.causes, patience).toEqual(["jobs"]);
    expect(warnings).toContainEqual(expect.stringContaining("by a change stream"));
  });
});

describeWithServer("mongodb", "without wakes", ({ url }) => {
  it("the facet is absent, so that servers poll", async () => {
    const { storage } = await aStorage(url, { wakeUps: "none" });
    const { warnings } = await storage.open();

    expect(storage.wakeUps).toBeUndefined();
    expect(warnings).not.toContainEqual(expect.stringContaining("poll"));
  });
});

describeWithServer(
  "mongodb-standalone",
  "a standalone server without capped collection",
  ({ url }) => {
    it("has no wakes, so that servers poll", async () => {
      const db = await aDatabase(url);
      await db.createCollection("revo_wakes");

      const { storage } = await aStorage(url, { db });
      const { warnings } = await storage.open();

      expect(storage.wakeUps).toBeUndefined();
      expect(warnings).toContainEqual(expect.stringContaining("so they poll"));
    });
  },
);

/** A server that listens and came back with nothing, in a process of its own as far as the storage can tell. */
async function aSleeper(url: string, options: MongodbJobStorageOptions = {}) {
  const storage = await aStorage(url, options);
  const { causes, serverId } = await fallAsleep(storage.storage);
  return { storage, wakes: causes, serverId };
}

function jobIn(delayMs: number): NewJob {
  return aJob({ start: { kind: "delay", delayMs } });
}

async function fallAsleep(storage: MongodbJobStorage) {
  const causes: string[] = [];
  const serverId = await registerServer(storage);
  await storage.wakeUps.listen({ serverId, onWake: (cause) => causes.push(cause) });
  await storage.exchange({ serverId, settle: [], claim: aClaim() });
  return { causes, serverId };
}
