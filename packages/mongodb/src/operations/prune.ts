import type { IJobUpkeep } from "@revojs/core";
import type { Binary } from "mongodb";
import type { CallProgress } from "../call.ts";
import { BY_ID } from "../collections.ts";
import { QUEUE_RANGE } from "../control-ids.ts";
import type { JobDocument } from "../documents.ts";
import { type GuardedWrite, writeGuarded } from "../guarded-writes.ts";
import type { Store } from "../store.ts";
import { drop } from "../transitions.ts";
import { clearAway } from "./clear-away.ts";
import { metricKeyOf } from "./metrics.ts";

/** Totals of a minute older than this are forgotten. */
const METRICS_KEPT_MS = 24 * 60 * 60 * 1000;

type Expired = Pick<JobDocument, "_id" | "rev" | "keys" | "lines" | "lingers" | "state">;

/**
 * Removes what was kept long enough, deletes what nobody claimed in time, and now and then forgets ended pauses and old metrics. `limit`
 * bounds all of it together, pauses aside.
 */
export async function prune(
  store: Store,
  limit: number,
  progress: CallProgress,
): Promise<Awaited<ReturnType<IJobUpkeep["prune"]>>> {
  if (limit <= 0) return { removed: 0, more: false };
  const nowMs = await store.serverClock.nowMs();
  progress.writing();
  const expired = await dropExpired(store, limit, nowMs);
  let looked = expired.looked;
  if (looked < limit) looked += await discardLate(store, limit - looked, nowMs);
  if (looked < limit && store.sparse.isDue(nowMs)) {
    looked += await forgetMetrics(store, limit - looked, nowMs);
    await forgetPauses(store, nowMs);
  }
  return { removed: expired.removed, more: looked >= limit };
}

async function dropExpired(
  store: Store,
  limit: number,
  nowMs: number,
): Promise<{ readonly looked: number; readonly removed: number }> {
  const now = new Date(nowMs);
  const expired = await store.jobs
    .find<Expired>(
      { expiresAt: { $lte: now } },
      {
        projection: { rev: 1, keys: 1, lines: 1, lingers: 1, state: 1 },
        sort: { expiresAt: 1 },
        limit,
        batchSize: limit + 1,
        hint: "expiry",
      },
    )
    .toArray();
  const plain = expired.filter(({ lingers }) => lingers === undefined).map(({ _id }) => _id);
  const lingering = expired.filter(({ lingers }) => lingers !== undefined);
  const removed = await deletePlain(store, plain, now);
  return {
    looked: expired.length,
    removed: removed + (await dropLingering(store, lingering, nowMs)),
  };
}

/** A job requeued since it was read has no time of expiry any more. */
async function deletePlain(store: Store, ids: readonly Binary[], now: Date): Promise<number> {
  if (ids.length === 0) return 0;
  const { deletedCount } = await store.jobs.deleteMany(
    { _id: { $in: ids }, expiresAt: { $lte: now }, lingers: { $exists: false } },
    { hint: BY_ID, writeConcern: store.concerns.safe },
  );
  return deletedCount;
}

async function dropLingering(
  store: Store,
  jobs: readonly Expired[],
  nowMs: number,
): Promise<number> {
  if (jobs.length === 0) return 0;
  const writes = jobs.map((job): GuardedWrite => ({ job, write: drop(job, nowMs) }));
  const results = await writeGuarded(store, writes);
  const won = jobs.filter((_, index) => results[index] === "won");
  const withLog = won.flatMap(({ _id, lines }) => (lines === undefined ? [] : [_id]));
  if (withLog.length > 0)
    await store.logs.deleteMany({ job: { $in: withLog } }, { writeConcern: store.concerns.quick });
  return won.filter(({ state }) => state !== "dropped").length;
}

async function discardLate(store: Store, limit: number, nowMs: number): Promise<number> {
  const late = await store.jobs
    .find(
      { discardAt: { $lte: new Date(nowMs) } },
      {
        projection: { payload: 0, envelope: 0, history: 0 },
        sort: { discardAt: 1 },
        limit,
        batchSize: limit + 1,
        hint: "discards",
      },
    )
    .toArray();
  await clearAway(store, { late, corrupt: [] }, nowMs);
  return late.length;
}

async function forgetMetrics(store: Store, limit: number, nowMs: number): Promise<number> {
  const end = metricKeyOf(new Date(nowMs - METRICS_KEPT_MS));
  const old = await store.metrics
    .find({ _id: { $lt: end } }, { projection: { _id: 1 }, sort: { _id: 1 }, limit })
    .toArray();
  if (old.length === 0) return 0;
  await store.metrics.deleteMany(
    { _id: { $in: old.map(({ _id }) => _id) } },
    { writeConcern: store.concerns.quick },
  );
  return old.length;
}

async function forgetPauses(store: Store, nowMs: number): Promise<void> {
  await store.pauses.deleteMany(
    {
      _id: { $gte: QUEUE_RANGE.from, $lt: QUEUE_RANGE.to },
      "pause.endsAt": { $lte: new Date(nowMs) },
    },
    { writeConcern: store.concerns.quick },
  );
}
