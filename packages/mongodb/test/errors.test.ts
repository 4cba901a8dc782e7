import { RevoError, type RevoErrorCode } from "@revojs/core";
import {
  MongoError,
  MongoNetworkError,
  MongoServerError,
  MongoServerSelectionError,
  MongoWriteConcernError,
  type TopologyDescription,
} from "mongodb";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { diagnose, toRevoError } from "../src/errors.ts";
import { MongodbJobStorage } from "../src/mongodb-job-storage.ts";
import { aClaim, aJob, anId, registerServer } from "@revojs/conformance/fixtures";
import { aDatabase, aStorage } from "./a-storage.ts";
import { describeWithOwnServer } from "./own-server.ts";

// A real server on a machine that has other work, too.
vi.setConfig({ testTimeout: 30_000 });

const unknown = "REVO_STORAGE_OUTCOME_UNKNOWN";
const patience = { timeout: 20_000 };

describe("an error of the server", () => {
  it.each<[code: number, name: string, read: RevoErrorCode, write: RevoErrorCode]>([
    [10107, "NotWritablePrimary", "REVO_STORAGE_UNAVAILABLE", "REVO_STORAGE_UNAVAILABLE"],
    [13435, "NotPrimaryNoSecondaryOk", "REVO_STORAGE_UNAVAILABLE", "REVO_STORAGE_UNAVAILABLE"],
    [189, "PrimarySteppedDown", "REVO_STORAGE_UNAVAILABLE", unknown],
    [11602, "InterruptedDueToReplStateChange", "REVO_STORAGE_UNAVAILABLE", unknown],
    [11600, "InterruptedAtShutdown", "REVO_STORAGE_UNAVAILABLE", unknown],
    [91, "ShutdownInProgress", "REVO_STORAGE_UNAVAILABLE", unknown],
    [50, "MaxTimeMSExpired", "REVO_STORAGE_TIMEOUT", unknown],
    [112, "WriteConflict", "REVO_STORAGE_TIMEOUT", unknown],
    [14031, "OutOfDiskSpace", "REVO_STORAGE_FULL", "REVO_STORAGE_FULL"],
    [13, "Unauthorized", "REVO_STORAGE_FORBIDDEN", "REVO_STORAGE_FORBIDDEN"],
    [18, "AuthenticationFailed", "REVO_STORAGE_FORBIDDEN", "REVO_STORAGE_FORBIDDEN"],
    [85, "IndexOptionsConflict", "REVO_SCHEMA_FOREIGN", "REVO_SCHEMA_FOREIGN"],
    [9999, "of which nobody has heard", "REVO_INTERNAL", "REVO_INTERNAL"],
  ])(
    "%i %s is %s of a read and %s of a write, with the error as its cause",
    (code, errmsg, read, write) => {
      const cause = new MongoServerError({ errmsg, code });

      expect(toRevoError(cause, false)).toMatchObject({ code: read, cause });
      expect(toRevoError(cause, true)).toMatchObject({ code: write, cause });
    },
  );

  it("about the durability of a write leaves open what will become of it", () => {
    const cause = new MongoWriteConcernError({
      ok: 1,
      writeConcernError: { code: 64, errmsg: "waiting for replication timed out" },
    });

    expect(diagnose(cause, true)).toEqual({ code: unknown, nothingDone: false, passing: true });
  });

  it("tells no password", () => {
    const cause = new MongoError("no answer from mongodb://alice:secret@db1/shop");

    expect(toRevoError(cause, false).message).toContain("mongodb://alice:***@db1/shop");
  });
});

describe("an error of the network", () => {
  const broken = new MongoNetworkError("connection 3 to 127.0.0.1:27017 closed");

  it("leaves open what became of a write, and nothing of a read", () => {
    expect(toRevoError(broken, true).code).toBe(unknown);
    expect(toRevoError(broken, false).code).toBe("REVO_STORAGE_UNAVAILABLE");
  });

  it("before the command left says that nothing was done", () => {
    const selection = new MongoServerSelectionError(
      "Server selection timed out",
      {} as TopologyDescription,
    );

    expect(toRevoError(selection, true).code).toBe("REVO_STORAGE_UNAVAILABLE");
  });

  it("passes an error of our own on as it is", () => {
    const own = new RevoError("REVO_CLOSED", "closed");

    expect(toRevoError(own, true)).toBe(own);
  });
});

describe("a server that nobody answers at", () => {
  it("is told as unavailable, within the deadline", async () => {
    const storage = new MongodbJobStorage({
      url: "mongodb://127.0.0.1:1/revo",
      timeoutMs: 200,
    });
    onTestFinished(() => storage.close());

    await expect(storage.open()).rejects.toMatchObject({ code: "REVO_STORAGE_UNAVAILABLE" });
  });
});

describeWithOwnServer("mongodb", "MongoDB in a bad way", ({ url }) => {
  /** A storage whose commands fail as told; the other clients of the server are not concerned. */
  async function aFaultyStorage(timeoutMs = 400) {
    const appName = `faulty-${anId()}`;
    const db = await aDatabase(url, appName);
    const { storage } = await aStorage(url, { db, timeoutMs });
    const fail = async (mode: object | string, data: object): Promise<void> => {
      await db
        .admin()
        .command({ configureFailPoint: "failCommand", mode, data: { appName, ...data } });
    };
    onTestFinished(() => fail("off", {}));
    return { storage, fail };
  }

  it.each<[what: string, data: object, code: RevoErrorCode]>([
    ["not primary", { errorCode: 10107 }, "REVO_STORAGE_UNAVAILABLE"],
    ["interrupted", { errorCode: 11602 }, unknown],
    ["not authorized", { errorCode: 13 }, "REVO_STORAGE_FORBIDDEN"],
    ["out of disk space", { errorCode: 14031 }, "REVO_STORAGE_FULL"],
    ["gone before it answers", { closeConnection: true }, unknown],
    ["slower than the deadline", { blockConnection: true, blockTimeMS: 3000 }, unknown],
    ["not replicating", { writeConcernError: { code: 64, errmsg: "timed out" } }, unknown],
  ])(
    "that is %s for longer than the deadline: enqueue ends in time, and says what it knows",
    async (_, data, code) => {
      const { storage, fail } = await aFaultyStorage();
      await fail("alwaysOn", { failCommands: ["insert"], ...data });
      const startedMs = performance.now();

      const enqueueing = storage.enqueue({ jobs: [aJob()] });

      await expect(enqueueing).rejects.toMatchObject({ code });
      expect(performance.now() - startedMs).toBeLessThan(2000);
    },
  );

  it("that does not answer a read in time is a timeout: nothing was done", async () => {
    const { storage, fail } = await aFaultyStorage();
    await fail("alwaysOn", { failCommands: ["find"], blockConnection: true, blockTimeMS: 3000 });

    const reading = storage.monitor.get([anId()]);

    await expect(reading).rejects.toMatchObject({ code: "REVO_STORAGE_TIMEOUT" });
  });

  it.each([
    ["not primary", { errorCode: 10107 }],
    ["stepping down", { errorCode: 189 }],
    ["shutting down", { errorCode: 91 }],
    ["interrupted", { errorCode: 11600 }],
    ["gone before it answers", { closeConnection: true }],
  ])(
    "that is %s for a moment is not noticed by an enqueue, which says `created`",
    async (_, data) => {
      const { storage, fail } = await aFaultyStorage(5000);
      await fail({ times: 3 }, { failCommands: ["insert"], ...data });

      const results = await storage.enqueue({ jobs: [aJob(), aJob()] });

      expect(results).toEqual([{ kind: "created" }, { kind: "created" }]);
    },
  );

  it("that stored an enqueue and lost the answer: the enqueue still says `created`", async () => {
    const { storage, fail } = await aFaultyStorage(5000);
    const writeConcernError = { code: 11602, errmsg: "interrupted" };
    await fail({ times: 4 }, { failCommands: ["insert"], writeConcernError });
    const job = aJob();

    const results = await storage.enqueue({ jobs: [job] });

    expect(results).toEqual([{ kind: "created" }]);
    expect(await storage.monitor.get([job.id])).toMatchObject([{ state: "enqueued" }]);
  });

  it("that stored a settlement and lost the answer: the exchange still says `settled`", async () => {
    const { storage, fail } = await aFaultyStorage(5000);
    await storage.enqueue({ jobs: [aJob(), aJob()] });
    const serverId = await registerServer(storage);
    const claim = aClaim();
    const { jobs } = await storage.exchange({ serverId, settle: [], claim });
    const writeConcernError = { code: 11602, errmsg: "interrupted" };
    await fail({ times: 3 }, { failCommands: ["update", "delete"], writeConcernError });

    const { settled } = await storage.exchange({
      serverId,
      settle: jobs.map(({ id }, index) => ({
        jobId: id,
        token: claim.token,
        outcome: { kind: "succeed", retainMs: index === 0 ? 0 : 60_000 },
      })),
    });

    expect(settled).toEqual(["settled", "settled"]);
  });

  it("that leased jobs and lost the answer: the claim gives them, once", async () => {
    const { storage, fail } = await aFaultyStorage(5000);
    const jobs = [aJob(), aJob(), aJob()];
    await storage.enqueue({ jobs });
    const serverId = await registerServer(storage);
    await fail({ times: 1 }, { failCommands: ["update"], closeConnection: true });

    const given = await storage.exchange({ serverId, settle: [], claim: aClaim() });

    expect(given.jobs.map(({ id, attempt }) => [id, attempt])).toEqual(
      jobs.map(({ id }) => [id, 1]),
    );
  });

  it(
    "that leases a job after nobody waits for the answer any more: it is put back",
    patience,
    async () => {
      const { storage, fail } = await aFaultyStorage(1000);
      const serverId = await registerServer(storage);
      const job = aJob();
      await storage.enqueue({ jobs: [job] });
      const claim = aClaim({ limit: 2 });
      const state = async () => (await storage.monitor.get([job.id]))[0]?.state;
      await fail(
        { times: 1 },
        { failCommands: ["update"], blockConnection: true, blockTimeMS: 2500 },
      );
      await expect(storage.exchange({ serverId, settle: [], claim })).rejects.toMatchObject({
        code: unknown,
      });
      const act = { queue: "default", actor: "alice", reason: "closed" };
      await storage.control.pauseQueue(act);
      const repeated = await storage.exchange({ serverId, settle: [], claim, repeat: true });
      await expect.poll(state, patience).toBe("processing");

      await expect
        .poll(async () => {
          await storage.exchange({ serverId, settle: [], claim: aClaim() });
          return state();
        }, patience)
        .toBe("enqueued");

      expect(repeated.jobs).toEqual([]);
      expect(await storage.monitor.get([job.id])).toMatchObject([{ attempt: 0 }]);
    },
  );
});
