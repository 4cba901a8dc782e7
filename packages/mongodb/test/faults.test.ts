import { randomUUID } from "node:crypto";
import { MongoClient } from "mongodb";
import { expect, it, onTestFinished } from "vitest";
import { MongodbJobStorage } from "../src/mongodb-job-storage.ts";
import { aDatabase } from "./a-storage.ts";
import { aWorker, expectAllDone, JOBS, patience, storeJobs } from "./a-worker.ts";
import { describeWithOwnServer } from "./own-server.ts";

const EVERYTHING = ["insert", "update", "delete", "findAndModify", "find", "aggregate"];
const WRITES = ["insert", "update", "delete", "findAndModify"];

describeWithOwnServer("mongodb", "a job server under load", ({ url }) => {
  it.each<[what: string, data: object]>([
    ["tells that it is no primary", { failCommands: EVERYTHING, errorCode: 10107 }],
    ["steps down", { failCommands: EVERYTHING, errorCode: 189 }],
    ["is interrupted at its end", { failCommands: EVERYTHING, errorCode: 11600 }],
    ["shuts down", { failCommands: EVERYTHING, errorCode: 91 }],
    ["closes the connection", { failCommands: EVERYTHING, closeConnection: true }],
    ["meets write conflicts", { failCommands: WRITES, errorCode: 112 }],
    [
      "cannot confirm what it wrote",
      { failCommands: WRITES, writeConcernError: { code: 64, errmsg: "not replicated in time" } },
    ],
  ])("loses and doubles nothing while one command in twenty %s", patience, async (_, data) => {
    const appName = `faulty-${randomUUID()}`;
    const db = await aDatabase(url, appName);
    const { revo, runs } = await aWorker(() => new MongodbJobStorage({ db }));
    const admin = await new MongoClient(url).connect();
    onTestFinished(() => admin.close());
    const fail = (mode: object | string): Promise<unknown> =>
      admin.db("admin").command({
        configureFailPoint: "failCommand",
        mode,
        data: { appName, ...data },
      });
    onTestFinished(async () => void (await fail("off")));

    await fail({ activationProbability: 0.05 });
    await storeJobs(revo);
    await expect.poll(() => runs.size, patience).toBeGreaterThan(JOBS / 2);
    await fail("off");

    await expect.poll(() => runs.size, patience).toBe(JOBS);
    await expectAllDone(revo, runs);
  });
});

describeWithOwnServer(
  "mongodb",
  "a MongoDB server in which every tenth write conflicts",
  ({ url }) => {
    it("shows none of it: no call fails", patience, async () => {
      const db = await aDatabase(url);
      const { revo, runs, failures } = await aWorker(() => new MongodbJobStorage({ db }));
      const conflict = (mode: object | string): Promise<unknown> =>
        db.admin().command({ configureFailPoint: "WTWriteConflictException", mode });
      onTestFinished(async () => void (await conflict("off")));
      await conflict({ activationProbability: 0.1 });

      await storeJobs(revo);
      await expect.poll(() => runs.size, patience).toBe(JOBS);
      await expectAllDone(revo, runs);

      expect(failures).toEqual([]);
    });
  },
);

for (const kind of ["mongodb", "mongodb-standalone"] as const) {
  describeWithOwnServer(kind, `a server that is killed (${kind})`, (server) => {
    it("under load and started again: nothing is lost, nothing is stuck", patience, async () => {
      const { revo, runs } = await aWorker(
        () => new MongodbJobStorage({ url: withDatabase(server.url) }),
      );
      await storeJobs(revo);
      await expect.poll(() => runs.size, patience).toBeGreaterThan(50);

      await server.crash();
      await server.restart();

      await expect.poll(() => runs.size, patience).toBe(JOBS);
      await expectAllDone(revo, runs, { mayRepeat: true });
    });
  });
}

function withDatabase(url: string): string {
  const copy = new URL(url);
  copy.pathname = "/revo_faults";
  return copy.href;
}
