import { describeWithServer } from "@revojs/conformance/vitest";
import { type Db, MongoClient } from "mongodb";
import { expect, it, onTestFinished, vi } from "vitest";
import type { MongodbJobStorage } from "../src/mongodb-job-storage.ts";
import { aClaim, aJob, registerServer } from "@revojs/conformance/fixtures";
import { aDatabase, aStorage } from "./a-storage.ts";

// A real server on a machine that has other work, too.
vi.setConfig({ testTimeout: 30_000 });

const HOUR_MS = 3_600_000;
const act = { actor: "alice", reason: "asked" };

describeWithServer("mongodb", "a job server whose last claim found nothing", ({ url }) => {
  it("asks by one command", async () => {
    const { storage, serverId, commands } = await aSleeper(url);

    await claim(storage, serverId);
    await claim(storage, serverId, 1);

    expect(commands).toEqual(["aggregate", "aggregate"]);
  });

  it("gets what is there all the same, one job or many", async () => {
    const { storage, producer, serverId } = await aSleeper(url);
    const [one, two, three] = [aJob(), aJob(), aJob()];
    await producer.enqueue({ jobs: [one] });

    const first = await claim(storage, serverId, 1);
    await claim(storage, serverId);
    await producer.enqueue({ jobs: [two, three] });
    const others = await claim(storage, serverId);

    expect([first.jobs, others.jobs].map((jobs) => jobs.map(({ id }) => id))).toEqual([
      [one.id],
      [two.id, three.id],
    ]);
  });

  it("is told when the next job is due, and gets it when it is", async () => {
    const { storage, producer, serverId, db } = await aSleeper(url);
    const later = aJob({ start: { kind: "delay", delayMs: HOUR_MS } });
    await producer.enqueue({ jobs: [later] });

    const { nextClaimInMs } = await claim(storage, serverId);
    const control = db.collection<{ _id: string }>("revo_control");
    await control.updateOne({ _id: "clock" }, { $inc: { offsetMs: HOUR_MS } });
    const { jobs } = await claim(storage, serverId);

    expect(nextClaimInMs).toBeGreaterThan(HOUR_MS - 60_000);
    expect(jobs.map(({ id }) => id)).toEqual([later.id]);
  });

  it("gets nothing of a paused queue, and hears that it is given up", async () => {
    const { storage, producer, serverId } = await aSleeper(url);
    await producer.enqueue({ jobs: [aJob()] });
    await producer.control.pauseQueue({ queue: "default", ...act });

    const whilePaused = await claim(storage, serverId);
    await producer.control.resumeQueue({ queue: "default", ...act });
    await producer.unregister(serverId);
    const whenLost = await claim(storage, serverId);

    expect(whilePaused).toMatchObject({ jobs: [], lease: "held" });
    expect(whenLost).toMatchObject({ jobs: [], lease: "lost" });
  });
});

function claim(storage: MongodbJobStorage, serverId: string, limit = 100) {
  return storage.exchange({ serverId, settle: [], claim: aClaim({ limit }) });
}

/** With the commands of its client from then on, and a storage of another client to feed it. */
async function aSleeper(url: string) {
  const { databaseName } = await aDatabase(url);
  const client = await new MongoClient(url, { monitorCommands: true }).connect();
  onTestFinished(() => client.close());
  const db: Db = client.db(databaseName);
  const { storage: producer } = await aStorage(url, { db: (await aClient(url)).db(databaseName) });
  const { storage } = await aStorage(url, { db, clockMaxAgeMs: 0 });
  const serverId = await registerServer(storage);
  await claim(storage, serverId);
  const commands: string[] = [];
  client.on("commandStarted", ({ commandName, command }) => {
    if (!JSON.stringify(command).includes('"clock"')) commands.push(commandName);
  });
  return { storage, producer, serverId, commands, db };
}

async function aClient(url: string): Promise<MongoClient> {
  const client = await new MongoClient(url).connect();
  onTestFinished(() => client.close());
  return client;
}
