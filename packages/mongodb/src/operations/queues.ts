import type { QueueRecord, ServerRecord } from "@revojs/core";
import type { Timestamp } from "mongodb";
import { QUEUE_RANGE, queueOf, SERVER_RANGE, serverIdOf } from "../control-ids.ts";
import type { QueueDocument } from "../documents.ts";
import { inLanes } from "../guarded-writes.ts";
import type { Store } from "../store.ts";

/** Most queues or servers listed, and the highest number told of a queue's jobs. */
const MOST_LISTED = 10_000;

/** Up to so many queues are counted one by one. */
const FEW_QUEUES = 64;
/** Index entries that one count passes at most. */
const MOST_COUNTED = 500_000;
const BANDS_AT_ONCE = 100;

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
        { hint: "held", maxTimeMS: store.settings.timeoutMs },
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
    .aggregate(
      [
        { $match: { state } },
        { $limit: MOST_COUNTED },
        { $group: { _id: "$queue", count: { $sum: 1 } } },
      ],
      { hint },
    )
    .toArray();
  for (const { _id, count } of rows)
    lineOf(lines, String(_id)).counts[state] = Math.min(Number(count), MOST_LISTED);
}

/** Of a few queues only so many jobs are counted each; of many, all in one go. */
async function countEnqueued(store: Store, lines: Map<string, Line>, nowMs: number): Promise<void> {
  const rows = await store.jobs
    .aggregate(
      [{ $match: { state: "enqueued" } }, { $group: { _id: "$queue" } }, { $limit: MOST_LISTED }],
      { hint: "ready", maxTimeMS: store.settings.timeoutMs },
    )
    .toArray();
  const names = new Set(rows.map(({ _id }) => String(_id)));
  if (names.size > FEW_QUEUES) await countTogether(store, lines, nowMs);
  const others = [...names].filter((queue) => (lines.get(queue)?.counts.enqueued ?? 0) === 0);
  await inLanes(others, (queue) => countOne(store, lines, { queue, nowMs }));
}

async function countOne(
  store: Store,
  lines: Map<string, Line>,
  { queue, nowMs }: { readonly queue: string; readonly nowMs: number },
): Promise<void> {
  const [count, oldestMs] = await Promise.all([
    store.jobs.countDocuments({ state: "enqueued", queue }, { limit: MOST_LISTED, hint: "ready" }),
    oldestIn(store, queue),
  ]);
  if (count === 0) return;
  const line = lineOf(lines, queue);
  line.counts.enqueued = count;
  line.oldestWaitMs = oldestMs === undefined ? null : Math.max(0, nowMs - oldestMs);
}

/** Counts band by band from the index; then the first job of each band is read, many at once. */
async function countTogether(store: Store, lines: Map<string, Line>, nowMs: number): Promise<void> {
  const bands = await store.jobs
    .aggregate<Band>(
      [
        { $match: { state: "enqueued" } },
        { $limit: MOST_COUNTED },
        {
          $group: {
            _id: { queue: "$queue", priority: "$priority" },
            count: { $sum: 1 },
            order: { $min: "$order" },
          },
        },
      ],
      { hint: "ready", maxTimeMS: store.settings.timeoutMs },
    )
    .toArray();
  for (const { _id, count } of bands) {
    const { counts } = lineOf(lines, _id.queue);
    counts.enqueued = Math.min(counts.enqueued + count, MOST_LISTED);
  }
  for (let first = 0; first < bands.length; first += BANDS_AT_ONCE) {
    const heads = await store.jobs
      .find(
        {
          state: "enqueued",
          $or: bands.slice(first, first + BANDS_AT_ONCE).map(({ _id, order }) => ({
            ..._id,
            order,
          })),
        },
        { projection: { queue: 1, enqueuedAt: 1 }, batchSize: BANDS_AT_ONCE + 1, hint: "ready" },
      )
      .toArray();
    for (const { queue, enqueuedAt } of heads) {
      const line = lineOf(lines, queue);
      const waitMs = Math.max(0, nowMs - (enqueuedAt?.getTime() ?? nowMs));
      line.oldestWaitMs = Math.max(line.oldestWaitMs ?? 0, waitMs);
    }
  }
}

interface Band {
  readonly _id: { readonly queue: string; readonly priority: number };
  readonly count: number;
  /** Of its first job. */
  readonly order: Timestamp;
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
