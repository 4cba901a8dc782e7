import { type OwnServer, ownServer } from "@revojs/conformance/servers";
import { type Db, MongoClient } from "mongodb";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { MongodbJobStorage } from "../src/mongodb-job-storage.ts";
import { aClaim, aJob, registerServer } from "@revojs/conformance/fixtures";
import { aStorage } from "./a-storage.ts";
import { aWorker, expectAllDone, JOBS, patience, storeJobs } from "./a-worker.ts";

const SET = "three";

describe("a MongoDB replica set of three", async () => {
  const found = await Promise.all(
    [1, 2, 3].map(() =>
      ownServer("mongodb-standalone", { arguments: ["--replSet", SET], local: true }),
    ),
  );
  const servers = found.flatMap((one) => (one.kind === "found" ? [one.server] : []));
  afterAll(() => Promise.all(servers.map((server) => server.stop())));
  const missing = found.find((one) => one.kind === "missing");
  if (missing !== undefined) {
    it("has servers of its own", ({ skip }) => skip(missing.reason));
    return;
  }
  const url = `mongodb://${servers.map((one) => new URL(one.url).host).join(",")}/revo?replicaSet=${SET}`;

  it("elects a primary, and is told as a quorum", patience, async () => {
    await initiate(servers);
    const storage = new MongodbJobStorage({ url });
    onTestFinished(() => storage.close());

    const { warnings } = await storage.open();

    expect(storage.capabilities.durability).toBe("quorum");
    expect(warnings).toEqual([]);
  });

  it(
    "whose primary steps down under load loses nothing and gets stuck nowhere",
    patience,
    async () => {
      const { revo, runs } = await aWorker(() => new MongodbJobStorage({ url, prefix: "down" }));
      await storeJobs(revo);
      await expect.poll(() => runs.size, patience).toBeGreaterThan(50);

      const primary = await primaryOf(servers);
      // The connection of the command may be closed by what it does.
      await withAdmin(primary, (admin) =>
        admin.command({ replSetStepDown: 5, secondaryCatchUpPeriodSecs: 5 }),
      ).catch(() => {});

      await expect.poll(() => runs.size, patience).toBe(JOBS);
      await expectAllDone(revo, runs, { mayRepeat: true });
      await revo.stop();
    },
  );

  it(
    "whose primary is killed under load loses nothing and gets stuck nowhere",
    patience,
    async () => {
      const { revo, runs } = await aWorker(() => new MongodbJobStorage({ url, prefix: "killed" }));
      await storeJobs(revo);
      await expect.poll(() => runs.size, patience).toBeGreaterThan(50);

      const primary = await primaryOf(servers);
      await primary.crash();

      await expect.poll(() => runs.size, patience).toBe(JOBS);
      await primary.restart();
      await expectAllDone(revo, runs, { mayRepeat: true });
    },
  );

  it(
    "that loses a primary with claims nobody else had: another server gets the job, the first is stale",
    patience,
    async () => {
      const { storage } = await aStorage(url);
      const job = aJob();
      await storage.enqueue({ jobs: [job] });
      const [first, second] = [await registerServer(storage), await registerServer(storage)];
      const lost = await primaryOf(servers);
      const others = servers.filter((server) => server !== lost);
      await Promise.all(others.map((server) => replication(server, "alwaysOn")));
      const claim = aClaim();
      const { jobs } = await storage.exchange({ serverId: first, settle: [], claim });
      expect(jobs).toHaveLength(1);

      await lost.crash();
      await Promise.all(others.map((server) => replication(server, "off")));
      await expect.poll(() => primaryOf(servers).then(Boolean, () => false), patience).toBe(true);
      const again = await eventually(() =>
        storage.exchange({ serverId: second, settle: [], claim: aClaim() }),
      );
      await lost.restart();
      const late = await eventually(() =>
        storage.exchange({
          serverId: first,
          settle: [
            { jobId: job.id, token: claim.token, outcome: { kind: "succeed", retainMs: 0 } },
          ],
        }),
      );

      expect(again.jobs.map(({ id }) => id)).toEqual([job.id]);
      expect(late.settled).toEqual(["stale"]);
      expect(await eventually(() => storage.monitor.get([job.id]))).toMatchObject([
        { state: "processing", serverId: second },
      ]);
    },
  );
});

/** Makes a set of the servers that elects quickly. */
async function initiate(servers: readonly OwnServer[]): Promise<void> {
  const [first] = servers;
  if (first === undefined) throw new Error("No server");
  const members = servers.map(({ url }, _id) => ({ _id, host: new URL(url).host }));
  await withAdmin(first, (admin) =>
    admin.command({
      replSetInitiate: {
        _id: SET,
        members,
        settings: { electionTimeoutMillis: 1500, heartbeatIntervalMillis: 500 },
      },
    }),
  );
  await expect.poll(() => primaryOf(servers).then(Boolean, () => false), patience).toBe(true);
}

async function primaryOf(servers: readonly OwnServer[]): Promise<OwnServer> {
  for (const server of servers) {
    const isPrimary = await withAdmin(server, (admin) => admin.command({ hello: 1 })).then(
      (hello) => hello["isWritablePrimary"] === true,
      () => false,
    );
    if (isPrimary) return server;
  }
  throw new Error("No primary");
}

/** Whether a secondary takes over what the primary writes; it stays a member either way. */
async function replication(server: OwnServer, stopped: "alwaysOn" | "off"): Promise<void> {
  await withAdmin(server, (admin) =>
    admin.command({ configureFailPoint: "stopReplProducer", mode: stopped }),
  );
}

async function withAdmin<T>(server: OwnServer, act: (admin: Db) => Promise<T>): Promise<T> {
  const client = new MongoClient(server.url, { serverSelectionTimeoutMS: 2000 });
  try {
    return await act(client.db("admin"));
  } finally {
    await client.close();
  }
}

/** As core does: the storage is asked until it is back. */
async function eventually<T>(act: () => Promise<T>): Promise<T> {
  let result: { readonly value: T } | undefined;
  await expect
    .poll(async () => {
      result = await act().then(
        (value) => ({ value }),
        () => undefined,
      );
      return result !== undefined;
    }, patience)
    .toBe(true);
  if (result === undefined) throw new Error("It never came back");
  return result.value;
}
