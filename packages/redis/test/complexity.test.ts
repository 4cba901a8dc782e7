import { describeWithServer } from "@revojs/conformance/vitest";
import { Redis } from "ioredis";
import { expect, it, onTestFinished } from "vitest";
import type { RedisJobStorage } from "../src/redis-job-storage.ts";
import { aClaim, aJob, registerServer } from "@revojs/conformance/fixtures";
import { aStorage } from "./a-storage.ts";
import { describeWithOwnServer } from "./own-server.ts";

const BACKLOG = 200_000;
const succeed = { kind: "succeed", retainMs: 0 } as const;

/** On a server of its own: the statistics of a server are those of all who use it. */
describeWithOwnServer("the commands of a Redis storage", {}, ({ url }) => {
  it("are as many for a claim beside 200,000 jobs as beside none", {
    timeout: 120_000,
  }, async () => {
    const { storage: empty } = await aStorage(url);
    await fill(empty, 500);
    await exchangeTwice(empty);
    const beside = await callsOf(url, () => exchangeTwice(empty));
    const { storage: full } = await aStorage(url);
    await fill(full, BACKLOG);

    const actual = await callsOf(url, () => exchangeTwice(full));

    expect(actual).toEqual(beside);
  });

  it("are as many for 100 jobs as for 10: one for all, not one for each", async () => {
    const { storage } = await aStorage(url);
    await fill(storage, 500);
    const few = await callsOf(url, () => exchangeTwice(storage, 10));

    const many = await callsOf(url, () => exchangeTwice(storage, 100));

    expect(many).toEqual(few);
  });

  it("are as many for 500 new jobs as for 5", async () => {
    const { storage } = await aStorage(url);
    await fill(storage, 1);
    const few = await callsOf(url, () => fill(storage, 5));

    const many = await callsOf(url, () => fill(storage, 500));

    expect(many).toEqual(few);
  });

  it("are one script for an idle server's poll, with a handful of cheap ones within", async () => {
    const { storage } = await aStorage(url);
    const serverId = await registerServer(storage);
    await storage.exchange({ serverId, settle: [], claim: aClaim() });

    const calls = await callsOf(url, async () => {
      await storage.exchange({ serverId, settle: [], claim: aClaim() });
    });

    expect(calls.get("evalsha")).toBe(1);
    expect([...calls.values()].reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(16);
  });
});

describeWithServer("redis", "the bounds of one call of a Redis storage", ({ url }) => {
  it("hold for promotion and pruning, whatever is asked for", { timeout: 30_000 }, async () => {
    const { storage } = await aStorage(url);
    const past = { start: { kind: "delay", delayMs: 1 } } as const;
    for (let batch = 0; batch < 3; batch++) {
      await storage.enqueue({ jobs: Array.from({ length: 500 }, () => aJob(past)) });
    }
    const admin = new Redis(url);
    onTestFinished(() => admin.disconnect());

    const { promoted, nextDueInMs } = await storage.upkeep.promote(100_000);

    expect([promoted, nextDueInMs]).toEqual([500, 0]);
  });
});

/** Claims, then settles and claims again. */
async function exchangeTwice(storage: RedisJobStorage, limit = 100): Promise<void> {
  const serverId = await registerServer(storage);
  const claim = aClaim({ limit, queues: [{ queue: "default", limit }] });
  const { jobs } = await storage.exchange({ serverId, settle: [], claim });
  expect(jobs).toHaveLength(limit);
  const settle = jobs.map(({ id }) => ({ jobId: id, token: claim.token, outcome: succeed }));
  const { settled } = await storage.exchange({
    serverId,
    settle,
    claim: { ...claim, token: `${claim.token}0` },
  });
  expect(new Set(settled)).toEqual(new Set(["settled"]));
}

async function fill(storage: RedisJobStorage, count: number): Promise<void> {
  for (let stored = 0; stored < count; stored += 500) {
    const length = Math.min(500, count - stored);
    await storage.enqueue({ jobs: Array.from({ length }, () => aJob()) });
  }
}

/** How many of each command the server ran meanwhile, those within scripts included. */
async function callsOf(
  url: string,
  act: () => Promise<void>,
): Promise<ReadonlyMap<string, number>> {
  const admin = new Redis(url);
  await admin.config("RESETSTAT");
  await act();
  const stats = await admin.info("commandstats");
  admin.disconnect();
  const calls = new Map<string, number>();
  for (const [, name = "", count] of stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)) {
    if (name !== "info" && name !== "config|resetstat") calls.set(name, Number(count));
  }
  return calls;
}
