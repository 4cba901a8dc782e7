import type { ClaimedJob, ClaimRequest } from "@revojs/core";
import { type AnyBulkWriteOperation, type Binary, Long, type UpdateFilter } from "mongodb";
import { ByteBudget } from "../byte-budget.ts";
import type { CallProgress } from "../call.ts";
import { isReadable, isTooLate, toClaimedJob } from "../claimed-job.ts";
import { BY_ID } from "../collections.ts";
import type { JobDocument } from "../documents.ts";
import { toJobId } from "../ids.ts";
import type { Store } from "../store.ts";
import { type Candidates, readHeads, readWindow } from "./candidates.ts";
import { clearAway } from "./clear-away.ts";

/** Times that one claim looks again because others were quicker or it had to clear jobs away. */
const MOST_ROUNDS = 8;

/** What a claim is for. */
export interface ClaimFor {
  readonly serverId: string;
  readonly nowMs: number;
  readonly progress: CallProgress;
  /** Asked for, and not paused. */
  readonly queues: ClaimRequest["queues"];
}

/** What a claim gave. */
export interface Claim {
  readonly jobs: readonly ClaimedJob[];
  /** Queues that certainly have more. */
  readonly withMore: ReadonlySet<string>;
  /** Stopped by a bound of its own: the next claim finds more at once. */
  readonly cutShort: boolean;
}

/**
 * Leases up to `limit` jobs: reads a window of whole jobs, then takes those with one conditional update under the token. As a
 * job's `rev` is part of the condition, what was read is what was leased; only where fewer were won than asked for is it
 * looked up which.
 *
 * @param first The window for the first round, read beside the look that allows the claim.
 */
export async function claimBatch(
  store: Store,
  request: ClaimRequest,
  { serverId, nowMs, progress, queues }: ClaimFor,
  first: Candidates | undefined,
): Promise<Claim> {
  const jobs: ClaimedJob[] = [];
  const budget = new ByteBudget(request.maxBytes);
  const left = new Map(queues.map(({ queue, limit }) => [queue, limit]));
  let candidates = first;
  let isContended = false;
  for (let round = 0; ; round++) {
    const wanted = request.limit - jobs.length;
    const open = { queues: remaining(left), limit: wanted };
    candidates ??= await (isContended ? readWindow(store, open) : readHeads(store, open));
    const { documents, isPartial, era } = candidates;
    const choice = choose(documents, { wanted, left, budget, nowMs });
    candidates = undefined;
    const unusable = [...choice.late, ...choice.corrupt];
    if (unusable.length > 0) {
      progress.writing();
      await clearAway(store, choice, nowMs);
    }
    const won = await lease(store, choice.picks, { request, serverId, nowMs, progress, era });
    for (const document of won) {
      left.set(document.queue, (left.get(document.queue) ?? 0) - 1);
      jobs.push(toClaimedJob(document, document.attempt + 1, nowMs));
    }
    const wonAll = won.length === choice.picks.length && unusable.length === 0 && !isPartial;
    const isDone = wonAll || jobs.length >= request.limit || choice.cutShort;
    isContended = store.window.isContended(choice.picks.length, won.length);
    // Others are after the same jobs: better less of them now than a part of what they leave.
    if (isContended && jobs.length > 0) return { jobs, withMore: choice.withMore, cutShort: true };
    if (isDone) return { jobs, withMore: choice.withMore, cutShort: choice.cutShort };
    if (round >= MOST_ROUNDS) return { jobs, withMore: choice.withMore, cutShort: true };
  }
}

interface Choice {
  readonly picks: readonly JobDocument[];
  readonly late: readonly JobDocument[];
  readonly corrupt: readonly JobDocument[];
  readonly withMore: ReadonlySet<string>;
  readonly cutShort: boolean;
}

interface Bounds {
  readonly wanted: number;
  readonly left: ReadonlyMap<string, number>;
  readonly budget: ByteBudget;
  readonly nowMs: number;
}

/** Which of the jobs that were read are to be leased, in order. */
function choose(
  documents: readonly JobDocument[],
  { wanted, left, budget, nowMs }: Bounds,
): Choice {
  const picks: JobDocument[] = [];
  const late: JobDocument[] = [];
  const corrupt: JobDocument[] = [];
  const withMore = new Set<string>();
  const room = new Map(left);
  let cutShort = false;
  for (const document of documents) {
    if (isTooLate(document, nowMs)) late.push(document);
    else if (!isReadable(document)) corrupt.push(document);
    else {
      const roomHere = room.get(document.queue) ?? 0;
      if (picks.length >= wanted || roomHere <= 0) {
        withMore.add(document.queue);
        continue;
      }
      if (cutShort || !budget.takes(document.payload)) {
        cutShort = true;
        continue;
      }
      room.set(document.queue, roomHere - 1);
      picks.push(document);
    }
  }
  return { picks, late, corrupt, withMore, cutShort };
}

function remaining(left: ReadonlyMap<string, number>): ClaimRequest["queues"] {
  return [...left].filter(([, limit]) => limit > 0).map(([queue, limit]) => ({ queue, limit }));
}

interface Lease {
  readonly request: ClaimRequest;
  readonly serverId: string;
  readonly nowMs: number;
  readonly progress: CallProgress;
  readonly era: number;
}

/** @returns Those that were won, as they were before, in order. */
async function lease(
  store: Store,
  picks: readonly JobDocument[],
  { request, serverId, nowMs, progress, era }: Lease,
): Promise<readonly JobDocument[]> {
  if (picks.length === 0) return [];
  const ids = picks.map(({ _id }) => toJobId(_id));
  const token = Long.fromString(request.token);
  store.window.reserve(ids);
  try {
    progress.writing();
    const matched = await take(store, picks, {
      state: "processing",
      token,
      server: serverId,
      startedAt: new Date(nowMs),
    });
    store.window.learn(picks.length, matched, era);
    const won = matched === picks.length ? undefined : await idsUnder(store, picks, token);
    const leased: JobDocument[] = [];
    for (const [index, document] of picks.entries()) {
      const id = ids[index] as string;
      if (won !== undefined && !won.has(id)) continue;
      leased.push(document);
      store.leases.add(request.token, id, {
        id: document._id,
        attempt: document.attempt + 1,
        startedAtMs: nowMs,
        serverId,
        queue: document.queue,
        isPlain: isPlain(document),
      });
    }
    return leased;
  } finally {
    store.window.unreserve(ids);
  }
}

type LeaseFields = Required<Pick<JobDocument, "state" | "token" | "server" | "startedAt">>;

/** Jobs of one `rev` are taken by one update; those with something to clear, each by its own. @returns How many were taken. */
async function take(
  store: Store,
  picks: readonly JobDocument[],
  fields: LeaseFields,
): Promise<number> {
  const plain: UpdateFilter<JobDocument> = { $set: fields, $inc: { attempt: 1, rev: 1 } };
  const groups = new Map<number, Binary[]>();
  const operations: AnyBulkWriteOperation<JobDocument>[] = [];
  for (const { _id, rev, discardAt, keys } of picks) {
    if (discardAt !== undefined || keys !== undefined) {
      operations.push({
        updateOne: {
          filter: { _id, state: "enqueued", rev },
          update: { ...plain, ...FIRST_START },
          hint: BY_ID,
        },
      });
      continue;
    }
    const group = groups.get(rev);
    if (group === undefined) groups.set(rev, [_id]);
    else group.push(_id);
  }
  const writeConcern = store.concerns.quick;
  for (const [rev, ids] of groups) {
    const filter = { _id: { $in: ids }, state: "enqueued" as const, rev };
    if (groups.size === 1 && operations.length === 0)
      return (await store.jobs.updateMany(filter, plain, { hint: BY_ID, writeConcern }))
        .matchedCount;
    operations.push({ updateMany: { filter, update: plain, hint: BY_ID } });
  }
  return (await store.jobs.bulkWrite(operations, { ordered: false, writeConcern })).matchedCount;
}

/** What the first claim of a job ends: the time to be claimed in, and a key held until then. */
export const FIRST_START = {
  $unset: { discardAt: "" },
  $pull: { keys: { scope: "untilStarted" } },
} as const;

async function idsUnder(
  store: Store,
  picks: readonly JobDocument[],
  token: Long,
): Promise<ReadonlySet<string>> {
  const ids = picks.map(({ _id }) => _id);
  const rows = await store.jobs
    .find(
      { _id: { $in: ids }, token, state: "processing" },
      { projection: { _id: 1 }, batchSize: ids.length + 1, hint: BY_ID },
    )
    .toArray();
  return new Set(rows.map(({ _id }) => toJobId(_id)));
}

/** Its end has nothing to clear but what every claim sets. */
export function isPlain({ crashes, releases, keys, maxCrashes }: JobDocument): boolean {
  return crashes === undefined && releases === undefined && keys === undefined && maxCrashes > 0;
}
