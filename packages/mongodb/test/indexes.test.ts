import { describeWithServer } from "@revojs/conformance/vitest";
import type { Db, Document } from "mongodb";
import { expect, it, vi } from "vitest";
import type { MongodbJobStorage } from "../src/mongodb-job-storage.ts";
import {
  aClaim,
  aJob,
  registerServer,
  allSucceed,
  anId,
  fill,
  someJobs,
} from "@revojs/conformance/fixtures";
import { aStorage } from "./a-storage.ts";

// A real server on a machine that has other work, too.
vi.setConfig({ testTimeout: 30_000 });

const HOUR_MS = 3_600_000;
const patience = { timeout: 120_000 };

describeWithServer("mongodb", "the indexes of the MongoDB storage", ({ url }) => {
  it("serve every call: none scans a collection or sorts what it could read in order", async () => {
    const { storage, db } = await aStorage(url);
    await useOnce(storage);
    await db.command({ profile: 2 });

    await useOnce(storage);

    await db.command({ profile: 0 });
    const shapes = await shapesOf(db);
    const scans = shapes.filter(({ plan }) => plan.includes("COLLSCAN"));
    expect(scans).toEqual([]);
    const sorted = shapes.filter(({ hasSortStage }) => hasSortStage);
    // The jobs of one token, all processing ones, and few jobs of a state: in an order that no claim should pay an index for.
    const allowed = [
      '{"priority":1,"order":1}',
      '{"startedAt":1,"_id":1}',
      '{"_id":1}',
      '{"_id":-1}',
    ];
    expect(sorted.filter(({ sort }) => !allowed.includes(JSON.stringify(sort)))).toEqual([]);
    expect(shapes.length).toBeGreaterThan(30);
  });

  it(
    "make a claim cost the same beside 200,000 enqueued and 200,000 scheduled jobs",
    patience,
    async () => {
      const { storage, db } = await aStorage(url);
      await fill(storage, someJobs(300));
      const alone = await costOfClaim(storage, db);
      await fill(storage, someJobs(200_000));
      await fill(storage, someJobs(200_000, { start: { kind: "delay", delayMs: HOUR_MS } }));

      const beside = await costOfClaim(storage, db);

      expectAlike(beside, alone);
      expect(beside.keys).toBeLessThan(2.5 * 100);
      expect(beside.documents).toBeLessThan(2.5 * 100);
    },
  );

  it(
    "make a claim cost the same behind 20,000 jobs that were deleted at the head",
    patience,
    async () => {
      const { storage, db } = await aStorage(url);
      await fill(storage, someJobs(300));
      const alone = await costOfClaim(storage, db);
      const dead = someJobs(20_000, { priority: 0 });
      await fill(storage, dead);
      for (let first = 0; first < dead.length; first += 1000) {
        const ids = dead.slice(first, first + 1000).map(({ id }) => id);
        await storage.control.delete({ ids, actor: "a", reason: "r", retainMs: HOUR_MS });
      }

      const behind = await costOfClaim(storage, db);

      expectAlike(behind, alone);
    },
  );

  it(
    "page the newest of few failed jobs, and of many succeeded ones, without passing by others",
    patience,
    async () => {
      const { storage, db } = await aStorage(url);
      await fill(storage, someJobs(6000));
      const serverId = await registerServer(storage);
      const outcomes = [
        ...Array.from({ length: 10 }, () => aFailure),
        ...Array.from({ length: 5990 }, () => ({ kind: "succeed", retainMs: HOUR_MS }) as const),
      ];
      while (outcomes.length > 0) {
        const claim = aClaim({ limit: 1000 });
        const { jobs } = await storage.exchange({ serverId, settle: [], claim });
        const settle = jobs.map(({ id }) => ({
          jobId: id,
          token: claim.token,
          outcome: outcomes.shift() ?? aFailure,
        }));
        await storage.exchange({ serverId, settle });
      }
      const request = { order: "newest", limit: 5, scanLimit: 1000, detail: "summary" } as const;
      await db.command({ profile: 2 });

      const pages = [
        await storage.monitor.find({ ...request, filter: { states: ["failed"] } }),
        await storage.monitor.find({ ...request, filter: { states: ["succeeded"] } }),
      ];

      await db.command({ profile: 0 });
      expect(pages.map(({ jobs }) => jobs.length)).toEqual([5, 5]);
      const { documents } = await sumOf(db);
      expect(documents).toBeLessThan(40);
    },
  );

  it("count queues and states without reading a job", async () => {
    const { storage, db } = await aStorage(url);
    await fill(storage, someJobs(500));
    await fill(storage, someJobs(500, { start: { kind: "delay", delayMs: HOUR_MS } }));
    await db.command({ profile: 2 });

    const counts = [
      await storage.monitor.count({ states: ["enqueued"], queues: ["default"] }, { atMost: 1000 }),
      await storage.monitor.count({ states: ["scheduled"] }, { atMost: 1000 }),
    ];

    await db.command({ profile: 0 });
    expect(counts.map(({ count }) => count)).toEqual([500, 500]);
    const { documents } = await sumOf(db);
    expect(documents).toBe(0);
  });
});

const aFailure = {
  kind: "fail",
  retainMs: HOUR_MS,
  reason: "attempts",
  error: { fingerprint: "bank", text: "{}" },
} as const;

/** Each call once, on a store with jobs in every state. */
async function useOnce(storage: MongodbJobStorage): Promise<void> {
  const serverId = await registerServer(storage);
  const act = { actor: "alice", reason: "asked" };
  const [one, two, unique] = [
    aJob(),
    aJob({ start: { kind: "delay", delayMs: HOUR_MS } }),
    aJob({ unique: { key: anId(), scope: "untilFinished", onConflict: "keep" } }),
  ];
  const { queue } = aJob({ queue: "other" });
  await storage.enqueue({ jobs: [one, two, unique, ...someJobs(20)] });
  await storage.enqueue({
    jobs: [unique, aJob(unique.unique === undefined ? {} : { unique: unique.unique })],
  });
  const claim = aClaim({ limit: 5 });
  const { jobs } = await storage.exchange({ serverId, settle: [], claim });
  await storage.exchange({ serverId, settle: [], claim, repeat: true });
  const queues = [
    { queue: "default", limit: 5 },
    { queue, limit: 5 },
  ];
  await storage.exchange({ serverId, settle: [], claim: aClaim({ limit: 5, queues }) });
  await storage.exchange({ serverId, settle: [], claim: aClaim({ limit: 1 }) });
  const none = [{ queue: "empty", limit: 5 }];
  await storage.exchange({ serverId, settle: [], claim: aClaim({ queues: none }) });
  await storage.exchange({ serverId, settle: [], claim: aClaim({ queues: none }) });
  const [first, second, ...others] = jobs;
  if (first === undefined || second === undefined) throw new Error("Too few jobs");
  await storage.reports.report([
    {
      jobId: first.id,
      token: claim.token,
      progress: 0.5,
      lines: [{ at: new Date(), attempt: 1, level: "info", text: "half" }],
    },
  ]);
  await storage.control.delete({ ids: [second.id], ...act, retainMs: HOUR_MS });
  await storage.heartbeat({ serverId, peers: 8 });
  await storage.exchange({
    serverId,
    starting: [{ jobId: first.id, token: claim.token }],
    settle: allSucceed(others, claim.token, HOUR_MS),
  });
  await storage.reports.logs(first.id, { limit: 10 });
  await storage.control.reschedule({ ids: [two.id], ...act, start: { kind: "delay", delayMs: 1 } });
  await storage.control.requeue({ ids: [others[0]?.id ?? ""], ...act, resetAttempts: true });
  await storage.control.move({ ids: [unique.id], ...act, priority: 3 });
  await storage.upkeep.promote(100);
  await storage.upkeep.takeTurn("prune", 1000);
  await storage.upkeep.prune(100);
  await storage.upkeep.repair(100);
  await storage.control.pauseQueue({ queue, ...act });
  await storage.control.resumeQueue({ queue, ...act });
  await storage.monitor.get([one.id]);
  await storage.monitor.holders([unique.unique?.key ?? ""]);
  await storage.monitor.outcomes([one.id]);
  for (const state of ["enqueued", "scheduled", "processing", "succeeded", "failed"] as const) {
    const request = { filter: { states: [state] }, limit: 2, scanLimit: 10 } as const;
    for (const order of ["natural", "newest", "oldest"] as const) {
      const page = { ...request, order, detail: "full" } as const;
      const { next } = await storage.monitor.find(page);
      if (next !== null) await storage.monitor.find({ ...page, after: next });
    }
    await storage.monitor.count(request.filter, { atMost: 100 });
  }
  await storage.monitor.queues();
  await storage.monitor.servers();
  const minute = new Date(Date.UTC(2026, 0, 1));
  await storage.metrics.put(serverId, [{ minute, queue: "default", type: "t", values: [1] }]);
  await storage.metrics.read({
    from: minute,
    to: new Date(minute.getTime() + HOUR_MS),
    stepMs: 60_000,
    groupBy: "queue",
  });
  const { beat } = await storage.heartbeat({ serverId, peers: 0 });
  const error = { fingerprint: "crash", text: "crash" };
  await storage.upkeep.recover({ serverId, beat, limit: 100, delayMs: 0, retainMs: 0, error });
}

interface Shape {
  readonly plan: string;
  readonly hasSortStage: boolean;
  readonly sort: unknown;
}

/** What the server did, by its profiler. */
async function shapesOf(db: Db): Promise<readonly Shape[]> {
  const rows = await db
    .collection("system.profile")
    .find({ ns: { $regex: /\.revo_/ }, planSummary: { $exists: true } })
    .toArray();
  return rows
    .filter(({ ns, command }) => !isWakes(ns) && !isSample(command as Document))
    .map(({ planSummary, hasSortStage, command, ns, op }) => ({
      plan: `${op} ${ns} ${planSummary} ${JSON.stringify(command).slice(0, 300)}`,
      hasSortStage: hasSortStage === true,
      sort: (command as Document)["sort"],
    }));
}

/** The capped collection of wakes has no index: it is read from its end on. */
function isWakes(ns: unknown): boolean {
  return String(ns).endsWith("_wakes");
}

function isSample(command: Document): boolean {
  return command["profile"] !== undefined;
}

interface Cost {
  readonly keys: number;
  readonly documents: number;
}

async function costOfClaim(storage: MongodbJobStorage, db: Db): Promise<Cost> {
  const serverId = await registerServer(storage);
  // Neither a new clock nor new hunger belongs to what a claim costs.
  await storage.exchange({ serverId, settle: [], claim: aClaim({ limit: 2 }) });
  await db.collection("system.profile").drop();
  await db.command({ profile: 2 });
  const { jobs } = await storage.exchange({ serverId, settle: [], claim: aClaim() });
  await db.command({ profile: 0 });
  expect(jobs).toHaveLength(100);
  return sumOf(db);
}

/** The looks at a queue's end and at the next due job find one or none. */
function expectAlike(cost: Cost, alone: Cost): void {
  expect(Math.abs(cost.keys - alone.keys)).toBeLessThan(5);
  expect(Math.abs(cost.documents - alone.documents)).toBeLessThan(5);
}

async function sumOf(db: Db): Promise<Cost> {
  const rows = await db
    .collection("system.profile")
    .find({ ns: { $regex: /\.revo_/ } })
    .toArray();
  const sum = (field: string): number =>
    rows.reduce((total, row) => total + Number(row[field] ?? 0), 0);
  return { keys: sum("keysExamined"), documents: sum("docsExamined") };
}
