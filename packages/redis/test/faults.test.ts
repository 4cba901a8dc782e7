import { randomUUID } from "node:crypto";
import { ownServer } from "@revojs/conformance/servers";
import { job, type Revo, RevoConfiguration, type RevoEvents } from "@revojs/core";
import { Redis } from "ioredis";
import { expect, it, onTestFinished } from "vitest";
import type { RedisJobStorageOptions } from "../src/options.ts";
import { RedisJobStorage } from "../src/redis-job-storage.ts";
import { aClaim, aJob, registerServer } from "@revojs/conformance/fixtures";
import { aStorage } from "./a-storage.ts";
import { describeWithOwnServer } from "./own-server.ts";

const PASSWORD = "together";
const JOBS = 3000;
const WORK_MS = 5;
const patience = { timeout: 60_000 };

describeWithOwnServer("a Redis server in a bad way", { password: PASSWORD }, (server) => {
  it(
    "whose connections are killed every 50 ms loses no job and runs none twice",
    patience,
    async () => {
      const { revo, runs } = await aWorker(server.url);
      const admin = adminOf(server.url);
      await storeJobs(revo);

      const killed = every(50, () => admin.call("CLIENT", "KILL", "SKIPME", "yes"));
      await expect.poll(() => runs.size, patience).toBe(JOBS);
      await killed.stop();

      await expectAllDone(revo, runs);
      expect(killed.times).toBeGreaterThan(3);
    },
  );

  it("that forgets its scripts every 300 ms is not noticed", patience, async () => {
    const { revo, runs, failures } = await aWorker(server.url);
    const admin = adminOf(server.url);
    const flushed = every(300, () => admin.script("FLUSH"));
    await storeJobs(revo);

    await expect.poll(() => runs.size, patience).toBe(JOBS);
    await flushed.stop();

    await expectAllDone(revo, runs);
    expect(failures).toEqual([]);
  });

  it(
    "that crashes and starts again with its append-only file goes on where it was",
    patience,
    async () => {
      const { revo, runs } = await aWorker(server.url);
      await storeJobs(revo);

      await expect.poll(() => runs.size).toBeGreaterThan(100);
      await server.crash();
      await server.restart();

      await expect.poll(() => runs.size, patience).toBe(JOBS);
      await expectAllDone(revo, runs);
    },
  );

  it("that was emptied is told once, and jobs run again at once", patience, async () => {
    const { revo, runs, resets, failures } = await aWorker(server.url, { lease: "1 s" });
    await storeJobs(revo);
    await expect.poll(() => runs.size, patience).toBe(JOBS);
    const admin = adminOf(server.url);

    await admin.flushall();
    await expect.poll(() => resets.length, patience).toBe(1);
    const before = await callsOf(admin);
    await revo.scheduler.enqueueJobs([numbered.with({ number: JOBS })]);

    await expect.poll(() => runs.size, patience).toBe(JOBS + 1);
    expect(resets).toEqual([{ before: expect.any(String), now: expect.any(String) }]);
    expect((await callsOf(admin)) - before).toBeLessThan(50);
    expect(failures).toEqual([]);
  });

  it("whose subscriptions break tells its listeners of a gap, then wakes them again", async () => {
    const { storage } = await aStorage(server.url);
    const serverId = await registerServer(storage);
    const causes: string[] = [];
    await storage.wakeUps.listen({ serverId, onWake: (cause) => causes.push(cause) });
    await storage.exchange({ serverId, settle: [], claim: aClaim() });

    await adminOf(server.url).call("CLIENT", "KILL", "TYPE", "pubsub");

    await expect.poll(() => causes, { timeout: 5000 }).toEqual(["gap"]);
    await storage.enqueue({ jobs: [aJob()] });
    await expect.poll(() => causes, { timeout: 5000 }).toEqual(["gap", "jobs"]);
  });

  it(
    "that fails over to a replica without the claim: the old holder's settlement is stale",
    patience,
    async () => {
      const replica = await ownServer("redis", {
        local: true,
        password: PASSWORD,
        arguments: ["--replicaof", "127.0.0.1", new URL(server.url).port, "--masterauth", PASSWORD],
      });
      if (replica.kind === "missing") throw new Error(replica.reason);
      onTestFinished(() => replica.server.stop());
      const { storage: old, prefix } = await aStorage(server.url);
      const [serverId, jobBefore] = [await registerServer(old), aJob()];
      await old.enqueue({ jobs: [jobBefore] });
      const promoted = adminOf(replica.server.url);
      await expect.poll(() => promoted.exists(`{${prefix}}:1:ids`), { timeout: 10_000 }).toBe(1);

      await promoted.replicaof("NO", "ONE");
      const lost = aClaim();
      const { jobs } = await old.exchange({ serverId, settle: [], claim: lost });
      const { storage: present } = await aStorage(replica.server.url, { prefix });
      const other = await registerServer(present);
      const again = await present.exchange({ serverId: other, settle: [], claim: aClaim() });
      const late = await present.exchange({
        serverId,
        settle: [
          { jobId: jobBefore.id, token: lost.token, outcome: { kind: "succeed", retainMs: 0 } },
        ],
      });

      expect([jobs, again.jobs].map((given) => given.map(({ id }) => id))).toEqual([
        [jobBefore.id],
        [jobBefore.id],
      ]);
      expect(late.settled).toEqual(["stale"]);
      expect(await present.monitor.get([jobBefore.id])).toMatchObject([
        { state: "processing", serverId: other },
      ]);
    },
  );
});

const numbered = job("numbered", async (_payload: { readonly number: number }) => {});

interface Worker {
  readonly revo: Revo;
  /** How often each number was run. */
  readonly runs: ReadonlyMap<number, number>;
  readonly resets: readonly RevoEvents["storage.reset"][];
  readonly failures: readonly unknown[];
}

async function aWorker(
  url: string,
  { lease = "15 s" }: { readonly lease?: "15 s" | "1 s" } = {},
): Promise<Worker> {
  const options: RedisJobStorageOptions = { connectionString: url, prefix: `test-${randomUUID()}` };
  const runs = new Map<number, number>();
  const [resets, failures]: [RevoEvents["storage.reset"][], unknown[]] = [[], []];
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  const revo = await new RevoConfiguration()
    .useLogger(quiet)
    .useJobs(
      () => new RedisJobStorage(options),
      (jobs) =>
        jobs
          .add(numbered, async ({ number }) => {
            // So that the fault meets jobs at work.
            await new Promise((resolve) => setTimeout(resolve, WORK_MS));
            runs.set(number, (runs.get(number) ?? 0) + 1);
          })
          .server({ concurrency: 20, maxPrefetch: 50, lease, signals: false }),
    )
    .start();
  onTestFinished(() => revo.stop());
  revo.events.on("storage.reset", (event) => resets.push(event));
  revo.events.on("loop.failed", (event) => failures.push(event));
  return { revo, runs, resets, failures };
}

async function storeJobs(revo: Revo): Promise<void> {
  await revo.scheduler.enqueueJobs(
    Array.from({ length: JOBS }, (_, number) => numbered.with({ number })),
  );
}

async function expectAllDone(revo: Revo, runs: ReadonlyMap<number, number>): Promise<void> {
  const unfinished = { states: ["enqueued", "scheduled", "processing"] } as const;
  await expect
    .poll(
      () =>
        revo.monitor.count(unfinished).then(
          ({ count }) => count,
          () => -1,
        ),
      patience,
    )
    .toBe(0);
  expect([...runs].filter(([, times]) => times !== 1)).toEqual([]);
}

function adminOf(url: string): Redis {
  const admin = new Redis(url);
  admin.on("error", () => {});
  onTestFinished(() => admin.disconnect());
  return admin;
}

async function callsOf(admin: Redis): Promise<number> {
  const [, calls] = /^cmdstat_evalsha:calls=(\d+)/m.exec(await admin.info("commandstats")) ?? [];
  return Number(calls ?? 0);
}

interface Repetition {
  readonly times: number;
  stop(): Promise<void>;
}

/** Does something again and again: a fault needs a time of its own, whatever the tested code does. */
function every(periodMs: number, act: () => Promise<unknown>): Repetition {
  let times = 0;
  const stopping = new AbortController();
  const going = (async () => {
    while (!stopping.signal.aborted) {
      await act();
      times++;
      await new Promise((resolve) => setTimeout(resolve, periodMs));
    }
  })();
  return {
    get times() {
      return times;
    },
    stop: async () => {
      stopping.abort();
      await going;
    },
  };
}
