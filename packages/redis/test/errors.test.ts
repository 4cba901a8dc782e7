import { RevoError, type RevoErrorCode } from "@revojs/core";
import { describeWithServer } from "@revojs/conformance/vitest";
import { Redis } from "ioredis";
import { describe, expect, it, onTestFinished } from "vitest";
import { toRevoError } from "../src/errors.ts";
import { aClaim, aJob, registerServer } from "@revojs/conformance/fixtures";
import { aStorage } from "./a-storage.ts";
import { describeWithOwnServer } from "./own-server.ts";

describe("an error reply", () => {
  it.each<[reply: string, code: RevoErrorCode]>([
    ["OOM command not allowed when used memory > 'maxmemory'.", "REVO_STORAGE_FULL"],
    ["MISCONF Redis is configured to save RDB snapshots, but …", "REVO_STORAGE_FULL"],
    ["NOREPLICAS Not enough good replicas to write.", "REVO_STORAGE_FULL"],
    ["READONLY You can't write against a read only replica.", "REVO_STORAGE_READ_ONLY"],
    ["LOADING Redis is loading the dataset in memory", "REVO_STORAGE_UNAVAILABLE"],
    ["MASTERDOWN Link with MASTER is down", "REVO_STORAGE_UNAVAILABLE"],
    ["CLUSTERDOWN The cluster is down", "REVO_STORAGE_UNAVAILABLE"],
    ["TRYAGAIN Multiple keys request during rehashing of slot", "REVO_STORAGE_UNAVAILABLE"],
    ["BUSY Redis is busy running a script.", "REVO_STORAGE_TIMEOUT"],
    ["NOPERM this user has no permissions to run the 'evalsha' command", "REVO_STORAGE_FORBIDDEN"],
    ["NOAUTH Authentication required.", "REVO_STORAGE_FORBIDDEN"],
    ["WRONGPASS invalid username-password pair", "REVO_STORAGE_FORBIDDEN"],
    ["MOVED 3999 127.0.0.1:6381", "REVO_STORAGE_MISCONFIGURED"],
    ["ERR something nobody has heard of", "REVO_INTERNAL"],
    // Redis 7 appends the script, Redis 6 wraps the error.
    ["OOM command not allowed script: 5a1b, on @user_script:12.", "REVO_STORAGE_FULL"],
    [
      "ERR Error running script (call to f_5a1b): @user_script:12: -OOM command not allowed",
      "REVO_STORAGE_FULL",
    ],
    [
      "ERR Error running script (call to f_5a1b): @user_script: 12: -READONLY You can't write",
      "REVO_STORAGE_READ_ONLY",
    ],
  ])("%s is %s, with the reply as its cause", (reply, code) => {
    const cause = Object.assign(new Error(reply), { name: "ReplyError" });

    const error = toRevoError(cause, "writes", "sent");

    expect(error).toMatchObject({ code, cause });
  });
});

describe("a broken connection", () => {
  const cause = new Error("Connection is closed.");

  it("leaves open what became of a write that was sent", () => {
    expect(toRevoError(cause, "writes", "sent").code).toBe("REVO_STORAGE_OUTCOME_UNKNOWN");
  });

  it.each([
    ["a read that was sent", "reads", "sent"],
    ["a write that was not sent", "writes", "not-sent"],
  ] as const)("leaves nothing open of %s", (_, effect, progress) => {
    expect(toRevoError(cause, effect, progress).code).toBe("REVO_STORAGE_UNAVAILABLE");
  });

  it("passes an error of our own on as it is", () => {
    const own = new RevoError("REVO_CLOSED", "closed");

    expect(toRevoError(own, "writes", "sent")).toBe(own);
  });
});

describe("a server that nobody answers at", () => {
  it("is told as unavailable, within the deadline", async () => {
    const opening = aStorage("redis://127.0.0.1:1", { callTimeoutMs: 200 });

    await expect(opening).rejects.toMatchObject({ code: "REVO_STORAGE_UNAVAILABLE" });
  });
});

describeWithServer("redis", "Redis errors", ({ url }) => {
  it("a wrong password is told at once, not at the deadline", async () => {
    const wrong = new URL(url);
    wrong.username = "nobody";
    wrong.password = "wrong";

    const opening = aStorage(wrong.href, { callTimeoutMs: 60_000 });

    await expect(opening).rejects.toMatchObject({ code: "REVO_STORAGE_FORBIDDEN" });
  });
});

describeWithOwnServer("a server in trouble", {}, (server) => {
  it("that is full refuses new jobs and lets those that are there run, fail, end and be kept", async () => {
    const { storage } = await aStorage(server.url);
    const serverId = await registerServer(storage);
    await storage.enqueue({ jobs: [aJob(), aJob()] });
    await configure(server.url, "maxmemory", "1", "0");

    const enqueueing = storage.enqueue({ jobs: [aJob()] });

    await expect(enqueueing).rejects.toMatchObject({ code: "REVO_STORAGE_FULL" });
    const claim = aClaim();
    const { jobs } = await storage.exchange({ serverId, settle: [], claim });
    const [kept, failed] = jobs.map(({ id }) => ({ jobId: id, token: claim.token }));
    if (!kept || !failed) throw new Error("nothing was claimed");
    const error = { fingerprint: "bank", text: "{}" };
    const { settled } = await storage.exchange({
      serverId,
      settle: [
        { ...kept, outcome: { kind: "succeed", retainMs: 60_000 } },
        { ...failed, outcome: { kind: "retry", delayMs: 1000, error } },
      ],
    });
    expect(settled).toEqual(["settled", "settled"]);
    expect((await storage.heartbeat({ serverId, peers: 0 })).lease).toBe("held");
  });

  it("that lacks replicas refuses writes as full", async () => {
    const { storage } = await aStorage(server.url);
    await configure(server.url, "min-replicas-to-write", "1", "0");

    const enqueueing = storage.enqueue({ jobs: [aJob()] });

    await expect(enqueueing).rejects.toMatchObject({ code: "REVO_STORAGE_FULL" });
  });

  it("that became a replica refuses writes as read-only, and takes them again when it is a master", async () => {
    const { storage } = await aStorage(server.url);
    const admin = adminOf(server.url);
    await admin.replicaof("127.0.0.1", 1);
    onTestFinished(async () => void (await admin.replicaof("NO", "ONE")));

    const enqueueing = storage.enqueue({ jobs: [aJob()] });

    await expect(enqueueing).rejects.toMatchObject({ code: "REVO_STORAGE_READ_ONLY" });
    await admin.replicaof("NO", "ONE");
    await expect(storage.enqueue({ jobs: [aJob()] })).resolves.toEqual([{ kind: "created" }]);
  });

  it("that is busy with a script is told as a timeout: nothing was done", async () => {
    const { storage } = await aStorage(server.url);
    const admin = adminOf(server.url);
    await configure(server.url, "lua-time-limit", "10", "5000");
    const endless = adminOf(server.url).eval("while true do end", 0);
    const refusal = (): Promise<string> => admin.ping().catch((error: Error) => error.message);
    await expect.poll(refusal, { timeout: 5000 }).toContain("BUSY");

    const enqueueing = storage.enqueue({ jobs: [aJob()] });

    await expect(enqueueing).rejects.toMatchObject({ code: "REVO_STORAGE_TIMEOUT" });
    await admin.script("KILL");
    await expect(endless).rejects.toThrow();
  });

  it("that does not answer: a write is open, a read was a timeout, and later ones work", async () => {
    const { storage } = await aStorage(server.url, { callTimeoutMs: 150 });
    await adminOf(server.url).client("PAUSE", 600);

    const calls = await Promise.allSettled([
      storage.enqueue({ jobs: [aJob()] }),
      storage.monitor.get([aJob().id]),
    ]);

    expect(calls).toMatchObject([
      { reason: { code: "REVO_STORAGE_OUTCOME_UNKNOWN" } },
      { reason: { code: "REVO_STORAGE_TIMEOUT" } },
    ]);
    await expect
      .poll(() => storage.enqueue({ jobs: [aJob()] }).catch(() => null), { timeout: 5000 })
      .toEqual([{ kind: "created" }]);
  });
});

function adminOf(url: string): Redis {
  const admin = new Redis(url);
  onTestFinished(() => admin.disconnect());
  return admin;
}

/** Sets a parameter until the test has finished. */
async function configure(url: string, name: string, value: string, after: string): Promise<void> {
  const admin = adminOf(url);
  await admin.config("SET", name, value);
  onTestFinished(async () => {
    const again = new Redis(url);
    await again.config("SET", name, after);
    again.disconnect();
  });
}
