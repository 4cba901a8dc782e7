import type { QueueRecord, ServerRecord } from "@revojs/core";
import { QUEUE_RANGE, queueOf, SERVER_RANGE, serverIdOf } from "../control-ids.ts";
import type { QueueDocument } from "../documents.ts";
import { inLanes } from "../guarded-writes.ts";
import type { Store } from "../store.ts";

/** Most queues or servers listed, and the highest number told of a queue's jobs. */
const MOST_LISTED = 10_000;

type CountedState = keyof QueueRecord["counts"];
type Counts = { -readonly [K in CountedState]: number };

interface Line {
  readonly counts: Counts;
  oldestWaitMs: number | null;
}

/** Queues with unfinished jobs or a pause, by name. All but the first job of each band comes from indexes alone. */
export async function listQueues(store: Store): Promise<readonly QueueRecord[]> {
  const nowMs = await store.serverClock.nowMs();
  const lines = new Map<string, Line>();
  const [pauses] = await Promise.all([
    store.pauses
      .find({ _id: { $gte: QUEUE_RANGE.from, $lt: QUEUE_RANGE.to } })
      .limit(MOST_LISTED)
      .toArray(),
    countByQueue(store, lines, "scheduled", "due"),
    countByQueue(store, lines, "processing", "held"),
    countEnqueued(store, lines, nowMs),
  ]);
  const paused = new Map<string, QueueDocument["pause"]>();
  for (const { _id, pause } of pauses) {
    if (pause.endsAt !== undefined && pause.endsAt.getTime() <= nowMs) continue;
    paused.set(queueOf(_id), pause);
    lineOf(lines, queueOf(_id));
  }
  return [...lines]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .slice(0, MOST_LISTED)
    .map(([queue, { counts, oldestWaitMs }]) => {
      const pause = paused.get(queue);
      return { queue, counts, oldestWaitMs, ...(pause && { pause: toPause(pause, nowMs) }) };
    });
}

/** By id, lost ones included. */
export async function listServers(store: Store): Promise<readonly ServerRecord[]> {
  const [servers, held] = await Promise.all([
    store.servers
      .find({ _id: { $gte: SERVER_RANGE.from, $lt: SERVER_RANGE.to } })
      .sort({ _id: 1 })
      .limit(MOST_LISTED)
      .toArray(),
    store.jobs
      .aggregate(
        [{ $match: { state: "processing" } }, { $group: { _id: "$server", count: { $sum: 1 } } }],
        { hint: "held" },
      )
      .toArray(),
  ]);
  const processing = new Map(held.map(({ _id, count }) => [String(_id), Number(count)]));
  return servers.map(({ _id, leaseMs, info, beat, beatAt, desired, lost }) => ({
    serverId: serverIdOf(_id),
    leaseMs,
    info,
    beat,
    beatAt,
    desired,
    lost: lost === true,
    processing: processing.get(serverIdOf(_id)) ?? 0,
  }));
}

async function countByQueue(
  store: Store,
  lines: Map<string, Line>,
  state: "scheduled" | "processing",
  hint: string,
): Promise<void> {
  const rows = await store.jobs
    .aggregate([{ $match: { state } }, { $group: { _id: "$queue", count: { $sum: 1 } } }], { hint })
    .toArray();
  for (const { _id, count } of rows)
    lineOf(lines, String(_id)).counts[state] = Math.min(Number(count), MOST_LISTED);
}

/** Queue after queue, since of a long one only so many are counted, and the first of each band tells the longest wait. */
async function countEnqueued(store: Store, lines: Map<string, Line>, nowMs: number): Promise<void> {
  const names = await store.jobs
    .aggregate(
      [{ $match: { state: "enqueued" } }, { $group: { _id: "$queue" } }, { $limit: MOST_LISTED }],
      { hint: "ready" },
    )
    .toArray();
  await inLanes(names, async ({ _id }) => {
    const queue = String(_id);
    const [count, oldestMs] = await Promise.all([
      store.jobs.countDocuments(
        { state: "enqueued", queue },
        { limit: MOST_LISTED, hint: "ready" },
      ),
      oldestIn(store, queue),
    ]);
    if (count === 0) return;
    const line = lineOf(lines, queue);
    line.counts.enqueued = count;
    line.oldestWaitMs = oldestMs === undefined ? null : Math.max(0, nowMs - oldestMs);
  });
}

/** From band to band by index: each step reads the first job of the next band that has one. */
async function oldestIn(store: Store, queue: string): Promise<number | undefined> {
  let oldestMs: number | undefined;
  for (let priority = 0; ; ) {
    const first = await store.jobs.findOne(
      { state: "enqueued", queue, priority: { $gte: priority } },
      {
        projection: { priority: 1, enqueuedAt: 1 },
        sort: { priority: 1, order: 1 },
        hint: "ready",
      },
    );
    if (first === null) return oldestMs;
    const enqueuedMs = first.enqueuedAt?.getTime();
    if (enqueuedMs !== undefined) oldestMs = Math.min(oldestMs ?? Infinity, enqueuedMs);
    priority = first.priority + 1;
  }
}

function lineOf(lines: Map<string, Line>, queue: string): Line {
  let line = lines.get(queue);
  if (line === undefined) {
    const counts = { scheduled: 0, enqueued: 0, awaiting: 0, throttled: 0, processing: 0 };
    line = { counts, oldestWaitMs: null };
    lines.set(queue, line);
  }
  return line;
}

function toPause(
  { since, actor, reason, endsAt }: QueueDocument["pause"],
  nowMs: number,
): NonNullable<QueueRecord["pause"]> {
  return {
    since,
    actor,
    reason,
    ...(endsAt !== undefined && { endsInMs: Math.ceil(endsAt.getTime() - nowMs) }),
  };
}
