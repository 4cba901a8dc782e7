import { randomUUID } from "node:crypto";
import type { RedisJobStorage } from "../src/redis-job-storage.ts";
import { aClaim, aJob } from "@revojs/conformance/fixtures";

const act = { actor: "alice", reason: "asked by the customer" };
const error = { fingerprint: "bank", text: "{}" };
const later = { start: { kind: "delay", delayMs: 3_600_000 } } as const;

/** Calls every method of the storage, so that every script runs and every kind of key comes to be. */
export async function callEverything(storage: RedisJobStorage): Promise<void> {
  const { upkeep, control, monitor, reports, metrics } = storage;
  const serverId = randomUUID();
  await storage.register({ serverId, leaseMs: 15_000, info: "{}" });
  await storage.heartbeat({ serverId, peers: 8, info: "{}" });
  const jobs = Array.from({ length: 8 }, (_, index) => aJob({ payload: String(index) }));
  await storage.enqueue({
    jobs: [
      ...jobs,
      aJob(later),
      aJob({ unique: { key: "a", scope: "untilFinished", onConflict: "keep" } }),
      aJob({
        unique: { key: "b", scope: "window", windowMs: 60_000, onConflict: "replace" },
        ...later,
      }),
      aJob({ unique: { key: "b", scope: "window", windowMs: 60_000, onConflict: "replace" } }),
      aJob({ discardAfterMs: 60_000, discardRetainMs: 60_000, queue: "other" }),
    ],
  });
  const claim = aClaim({ limit: 7 });
  const { jobs: held } = await storage.exchange({ serverId, settle: [], claim });
  const [first, second, third, fourth, fifth, sixth] = held.map(({ id }) => ({
    jobId: id,
    token: claim.token,
  }));
  if (!first || !second || !third || !fourth || !fifth || !sixth)
    throw new Error("nothing claimed");
  await storage.exchange({ serverId, settle: [], claim, repeat: true });
  await reports.report([
    {
      ...first,
      progress: 0.5,
      lines: [{ at: new Date(0), attempt: 1, level: "info", text: "hello" }],
    },
  ]);
  await control.delete({ ...act, ids: [second.jobId], retainMs: 60_000 });
  await storage.exchange({
    serverId,
    starting: [second],
    settle: [
      {
        ...first,
        outcome: { kind: "succeed", retainMs: 60_000, result: "1", followUps: [aJob()] },
      },
      { ...third, outcome: { kind: "retry", delayMs: 0, error } },
      { ...fourth, outcome: { kind: "fail", retainMs: 60_000, reason: "attempts", error } },
      { ...fifth, outcome: { kind: "release", delayMs: 0, refundAttempt: true, reason: "stop" } },
      { ...sixth, outcome: { kind: "delete", retainMs: 60_000, reason: "superseded" } },
    ],
    claim: aClaim({ limit: 1, queues: [{ queue: "empty", limit: 1 }] }),
  });
  await control.requeue({ ...act, ids: [fourth.jobId], resetAttempts: true });
  await control.reschedule({ ...act, ids: [third.jobId], ...later });
  await control.move({ ...act, ids: [fifth.jobId], queue: "elsewhere", priority: 1 });
  await control.replaceContent({
    ...act,
    ids: [fifth.jobId],
    payload: "2",
    envelope: "{}",
    tags: ["eu"],
    maxAttempts: 3,
  });
  await control.pauseQueue({ queue: "default", actor: "alice", reason: "closed" });
  await monitor.queues();
  await control.resumeQueue({ queue: "default", actor: "alice" });
  await control.signalServer(serverId, "quiet");
  await metrics.put(serverId, [{ minute: new Date(0), queue: "default", type: "a", values: [1] }]);
  await metrics.read({ from: new Date(0), to: new Date(1), stepMs: 60_000, groupBy: "none" });
  await upkeep.takeTurn("prune", 1000);
  await upkeep.promote(10);
  await upkeep.prune(10);
  await upkeep.repair(10);
  await readEverything(storage, first.jobId);
  await upkeep.recover({ serverId, beat: 2, limit: 10, delayMs: 1000, retainMs: 1000, error });
  await storage.unregister(serverId);
}

async function readEverything({ monitor, reports }: RedisJobStorage, id: string): Promise<void> {
  const page = { order: "natural", limit: 10, scanLimit: 10, detail: "full" } as const;
  for (const state of ["enqueued", "scheduled", "processing", "succeeded"] as const) {
    await monitor.find({ ...page, filter: { states: [state] } });
  }
  await monitor.find({ ...page, filter: {}, order: "oldest" });
  await monitor.get([id]);
  await monitor.outcomes([id]);
  await monitor.holders(["a", "b"]);
  await monitor.count({}, { atMost: 10 });
  await monitor.count({ states: ["enqueued"], queues: ["default"] }, { atMost: 10 });
  await monitor.servers();
  await monitor.suggest?.("types", "", 10);
  await reports.logs(id, { limit: 10 });
}
