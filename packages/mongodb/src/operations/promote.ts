import type { IJobUpkeep } from "@revojs/core";
import type { Filter } from "mongodb";
import type { CallProgress } from "../call.ts";
import { BY_ID } from "../collections.ts";
import type { JobDocument } from "../documents.ts";
import { toJobId } from "../ids.ts";
import type { Store } from "../store.ts";
import { JobChange } from "../transitions.ts";

/** What a promotion did. */
export interface Promotion {
  readonly promoted: number;
  /** When the earliest job that is still scheduled is due. */
  readonly nextDueMs: number | undefined;
  /** Where jobs arrived. */
  readonly queues: readonly string[];
}

type DueJob = Pick<
  JobDocument,
  "_id" | "queue" | "dueAt" | "discardAfterMs" | "discardAt" | "startedAt"
>;

const DUE_FIELDS = { queue: 1, dueAt: 1, discardAfterMs: 1, discardAt: 1, startedAt: 1 } as const;
const EARLIEST_FIRST = { dueAt: 1, order: 1 } as const;

interface At {
  readonly nowMs: number;
  readonly progress: CallProgress;
}

/** Promotes on its own, for whoever sleeps. */
export async function promote(
  store: Store,
  limit: number,
  progress: CallProgress,
): Promise<Awaited<ReturnType<IJobUpkeep["promote"]>>> {
  const nowMs = await store.serverClock.nowMs();
  const { promoted, nextDueMs, queues } = await promoteDue(store, limit, { nowMs, progress });
  if (promoted > 0) await store.wakeSender.onFed(queues);
  const nextDueInMs = nextDueMs === undefined ? null : Math.max(0, Math.ceil(nextDueMs - nowMs));
  return { promoted, nextDueInMs };
}

/** Moves up to `limit` due jobs of any queue to the tails of their bands, earliest first. */
export async function promoteDue(store: Store, limit: number, at: At): Promise<Promotion> {
  const now = new Date(at.nowMs);
  const [due, [next]] = await Promise.all([
    store.jobs
      .find<DueJob>(
        { state: "scheduled", dueAt: { $lte: now } },
        {
          projection: DUE_FIELDS,
          sort: EARLIEST_FIRST,
          // One more tells whether there are more.
          limit: limit + 1,
          batchSize: limit + 2,
          hint: "due",
        },
      )
      .toArray(),
    store.jobs
      .find<DueJob>(
        { state: "scheduled", dueAt: { $gt: now } },
        { projection: { dueAt: 1 }, sort: EARLIEST_FIRST, limit: 1, hint: "due" },
      )
      .toArray(),
  ]);
  const taken = due.slice(0, limit);
  const nextDueMs = (due[limit] ?? next)?.dueAt?.getTime();
  const promoted = taken.length === 0 ? 0 : await enqueueAll(store, taken, at);
  return { promoted, nextDueMs, queues: [...new Set(taken.map(({ queue }) => queue))] };
}

/**
 * The server stamps the order of arrival document by document. One update of many goes by id, which is the order of due times
 * where jobs were scheduled alike; else each is a statement of its own.
 */
async function enqueueAll(
  store: Store,
  jobs: readonly DueJob[],
  { nowMs, progress }: At,
): Promise<number> {
  const stillDue: Filter<JobDocument> = { state: "scheduled", dueAt: { $lte: new Date(nowMs) } };
  // One that is lost with the primary is made again.
  const writeConcern = store.concerns.quick;
  progress.writing();
  const isAlike = jobs.every(({ discardAfterMs }) => discardAfterMs === undefined);
  if (isAlike && isByRisingId(jobs)) {
    const { modifiedCount } = await store.jobs.updateMany(
      { _id: { $in: jobs.map(({ _id }) => _id) }, ...stillDue },
      new JobChange(nowMs).enqueue({}).toUpdate(),
      { hint: BY_ID, writeConcern },
    );
    return modifiedCount;
  }
  const operations = jobs.map((job) => ({
    updateOne: {
      filter: { _id: job._id, ...stillDue },
      update: new JobChange(nowMs).enqueue(job).toUpdate(),
      hint: BY_ID,
    },
  }));
  const { modifiedCount } = await store.jobs.bulkWrite(operations, {
    ordered: true,
    writeConcern,
  });
  return modifiedCount;
}

function isByRisingId(jobs: readonly DueJob[]): boolean {
  let last = "";
  return jobs.every(({ _id }) => {
    const id = toJobId(_id);
    const rises = id > last;
    last = id;
    return rises;
  });
}
