import type { EnqueueRequest, EnqueueResult, NewJob } from "@revojs/core";
import type { CallProgress } from "../call.ts";
import type { JobDocument } from "../documents.ts";
import { duplicatesIn } from "../errors.ts";
import { toJobId, toStoredId } from "../ids.ts";
import { toDocument } from "../job-document.ts";
import type { Store } from "../store.ts";
import { isReplaceable, replaceHolder } from "./replace-holder.ts";
import { tellOfScheduled, wakeFor } from "./wake-for.ts";

// Replies are never changed by whoever gets them, so that those without content can be shared.
const CREATED: EnqueueResult = Object.freeze({ kind: "created" });
const EXISTS: EnqueueResult = Object.freeze({ kind: "exists" });
export const PARENT_UNKNOWN: EnqueueResult = Object.freeze({
  kind: "rejected",
  reason: "parent-unknown",
});

/** Rounds of insert and look in which a key that others take and free all the time must be won. */
const MOST_ROUNDS = 50;

/** A job on its way in, and where its result belongs. */
export interface Incoming {
  readonly index: number;
  readonly job: NewJob;
  readonly document: JobDocument;
}

/**
 * Stores new jobs by one insert; only those that met a job of their id or their key are looked at afterwards. Finished jobs
 * are in the same collection, so that `mayExist` is as good as given.
 */
export async function enqueue(
  store: Store,
  request: EnqueueRequest,
  progress: CallProgress,
): Promise<readonly EnqueueResult[]> {
  const nowMs = await progress.nowMs(store.serverClock);
  const results: EnqueueResult[] = request.jobs.map(() => PARENT_UNKNOWN);
  let incoming = incomingOf(request, nowMs);
  const documents = incoming.map(({ document }) => document);
  for (let round = 0; incoming.length > 0; round++) {
    progress.writing();
    // Visible at once, durable some milliseconds later: whoever sleeps may be woken meanwhile.
    const [met] = await Promise.all([
      insert(store, incoming),
      round === 0 ? wakeFor(store, documents) : undefined,
    ]);
    for (const { index } of incoming) results[index] = CREATED;
    incoming = await resolve(store, met, { results, nowMs, progress });
    if (round >= MOST_ROUNDS) throw new Error(`A unique key changed hands ${round} times`);
  }
  await tellOfScheduled(store, documents);
  return results;
}

/** The jobs that can be stored, as documents. Without the facet `workflows` there are no parents. */
export function incomingOf(request: EnqueueRequest, nowMs: number): readonly Incoming[] {
  return request.jobs.flatMap((job, index) => {
    const _id = toStoredId(job.id);
    if (job.start.kind === "after" || _id === undefined) return [];
    return [{ index, job, document: toDocument(job, { _id, start: job.start, nowMs }) }];
  });
}

/** @returns Those that were not stored, since their id or their key is taken. */
async function insert(store: Store, incoming: readonly Incoming[]): Promise<readonly Incoming[]> {
  const documents = incoming.map(({ document }) => document);
  try {
    await store.jobs.insertMany(documents, {
      ordered: false,
      writeConcern: store.concerns.safe,
    });
    return [];
  } catch (error) {
    return duplicatesIn(error).flatMap((index) => incoming[index] ?? []);
  }
}

interface Resolution {
  readonly results: EnqueueResult[];
  readonly nowMs: number;
  readonly progress: CallProgress;
}

/** Finds out what each of them met. @returns Those to be inserted once more: what they met is gone. */
async function resolve(
  store: Store,
  met: readonly Incoming[],
  { results, nowMs, progress }: Resolution,
): Promise<readonly Incoming[]> {
  if (met.length === 0) return [];
  const again: Incoming[] = [];
  const holders = await findMet(store, met);
  for (const incoming of met) {
    const { job, index } = incoming;
    const same = holders.byId.get(job.id);
    if (same !== undefined && same.state !== "dropped") {
      // Stored by an earlier try of this very call: then it is new to the caller.
      const isOurs =
        progress.again && same.createdAt.getTime() === incoming.document.createdAt.getTime();
      results[index] = isOurs ? CREATED : EXISTS;
      continue;
    }
    const key = job.unique?.key;
    const holder = key === undefined ? undefined : holders.byKey.get(key);
    const result = await meetHolder(store, { incoming, holder, same, nowMs });
    if (result === undefined) again.push(incoming);
    else results[index] = result;
  }
  return again;
}

type Met = Pick<
  JobDocument,
  | "_id"
  | "rev"
  | "state"
  | "keys"
  | "createdAt"
  | "startedAt"
  | "discardAfterMs"
  | "discardAt"
  | "lingers"
>;

const MET_FIELDS: Readonly<Record<keyof Met, 1>> = {
  _id: 1,
  rev: 1,
  state: 1,
  keys: 1,
  createdAt: 1,
  startedAt: 1,
  discardAfterMs: 1,
  discardAt: 1,
  lingers: 1,
};

async function findMet(
  store: Store,
  met: readonly Incoming[],
): Promise<{ readonly byId: Map<string, Met>; readonly byKey: Map<string, Met> }> {
  const ids = met.map(({ document }) => document._id);
  const keys = met.flatMap(({ job }) => job.unique?.key ?? []);
  const projection = MET_FIELDS;
  const [withIds, withKeys] = await Promise.all([
    store.jobs.find<Met>({ _id: { $in: ids } }, { projection }).toArray(),
    keys.length === 0
      ? []
      : store.jobs.find<Met>({ "keys.v": { $in: keys } }, { projection }).toArray(),
  ]);
  return {
    byId: new Map(withIds.map((one) => [toJobId(one._id), one])),
    byKey: new Map(withKeys.flatMap((one) => (one.keys ?? []).map(({ v }) => [v, one] as const))),
  };
}

interface Meeting {
  readonly incoming: Incoming;
  readonly holder: Met | undefined;
  /** A dropped job of the same id, of which only a key is left. */
  readonly same: Met | undefined;
  readonly nowMs: number;
}

/** @returns `undefined`: nothing stands against the job any more, or somebody else was quicker. */
async function meetHolder(
  store: Store,
  { incoming, holder, same, nowMs }: Meeting,
): Promise<EnqueueResult | undefined> {
  const { job, document } = incoming;
  const held = holder?.keys?.find(({ v }) => v === job.unique?.key);
  if (holder !== undefined && held !== undefined) {
    const isOver = held.until !== undefined && held.until.getTime() <= nowMs;
    if (isOver) {
      await forgetWindow(store, holder, held.v);
      return undefined;
    }
    const jobId = toJobId(holder._id);
    if (job.unique?.onConflict !== "replace" || !isReplaceable(holder.state))
      return { kind: "duplicate", jobId };
    const isReplaced = await replaceHolder(store, holder, { job, nowMs });
    return isReplaced ? { kind: "replaced", jobId } : undefined;
  }
  if (same !== undefined) return revive(store, same, document);
  return undefined;
}

/** The window has ended: the key is free. */
async function forgetWindow(store: Store, holder: Met, key: string): Promise<void> {
  const guard = { _id: holder._id, rev: holder.rev };
  const writeConcern = store.concerns.safe;
  if (holder.state === "dropped") await store.jobs.deleteOne(guard, { writeConcern });
  else {
    await store.jobs.updateOne(
      guard,
      { $pull: { keys: { v: key } }, $inc: { rev: 1 } },
      { writeConcern },
    );
  }
}

/** A job takes the place of a dropped one of its id, whose key it goes on to hold beside its own. */
async function revive(
  store: Store,
  same: Met,
  document: JobDocument,
): Promise<EnqueueResult | undefined> {
  const keys = [...(document.keys ?? []), ...(same.keys ?? [])];
  const { _id, ...rest } = document;
  const { modifiedCount } = await store.jobs.replaceOne(
    { _id, rev: same.rev, state: "dropped" },
    { ...rest, rev: same.rev + 1, keys, lingers: true },
    { writeConcern: store.concerns.safe },
  );
  return modifiedCount > 0 ? CREATED : undefined;
}
