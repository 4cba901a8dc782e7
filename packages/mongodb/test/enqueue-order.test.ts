import { describeWithServer } from "@revojs/conformance/vitest";
import { expect, it, onTestFinished, vi } from "vitest";
import { CallLine } from "../src/call-line.ts";
import type { MongodbJobStorage } from "../src/mongodb-job-storage.ts";
import { aClaim, aJob, anId, registerServer } from "@revojs/conformance/fixtures";
import { aDatabase, aStorage } from "./a-storage.ts";

// A real server on a machine that has other work, too.
vi.setConfig({ testTimeout: 30_000 });

const WRITE_CONFLICT = 112;

it("a line lets nobody through before everybody in front of it has left, whatever the order of leaving", async () => {
  const line = new CallLine();
  const passed: number[] = [];
  const [first, second, third] = [line.enter(), line.enter(), line.enter()];
  const passing = [first, second, third].map(({ turn }, index) =>
    turn.then(() => void passed.push(index)),
  );

  await passing[0];
  second.leave();
  second.leave();
  await Promise.resolve();
  expect(passed).toEqual([0]);
  first.leave();

  await Promise.all(passing);
  expect(passed).toEqual([0, 1, 2]);
});

describeWithServer("mongodb", "enqueues of one process where order is strict", ({ url }) => {
  it("take effect in the order of the calls, however many are under way", async () => {
    const { storage } = await aStorage(url, { strictFifo: true });
    const batches = Array.from({ length: 40 }, (_, i) =>
      Array.from({ length: (i % 5) + 1 }, () => aJob()),
    );

    await Promise.all(batches.map((jobs) => storage.enqueue({ jobs })));

    expect(await claimedFrom(storage)).toEqual(batches.flat().map(({ id }) => id));
  });

  it("keep it when the first one meets a conflict and has to be stored again", async () => {
    const appName = `ordered-${anId()}`;
    const db = await aDatabase(url, appName);
    const { storage } = await aStorage(url, { db, strictFifo: true });
    const fail = (mode: object | string): Promise<unknown> =>
      db.client.db("admin").command({
        configureFailPoint: "failCommand",
        mode,
        data: { failCommands: ["insert"], errorCode: WRITE_CONFLICT, appName },
      });
    onTestFinished(async () => void (await fail("off")));
    const [first, second] = [aJob(), aJob()];
    await fail({ times: 1 });

    await Promise.all([first, second].map((job) => storage.enqueue({ jobs: [job] })));

    expect(await claimedFrom(storage)).toEqual([first.id, second.id]);
  });

  it("go on behind one that failed", async () => {
    const { storage } = await aStorage(url, { strictFifo: true });
    const stored = aJob();
    const broken = Object.defineProperty(aJob(), "queue", {
      get: () => {
        throw new Error("broken");
      },
    });

    const results = await Promise.allSettled(
      [broken, stored].map((job) => storage.enqueue({ jobs: [job] })),
    );

    expect(results.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
    expect(await claimedFrom(storage)).toEqual([stored.id]);
  });
});

async function claimedFrom(storage: MongodbJobStorage): Promise<readonly string[]> {
  const serverId = await registerServer(storage);
  const { jobs } = await storage.exchange({ serverId, settle: [], claim: aClaim({ limit: 500 }) });
  return jobs.map(({ id }) => id);
}
