import type { JobState, SettleOutcome, Settlement, SettleStatus } from "@revojs/core";
import { type AnyBulkWriteOperation, type Binary, Long } from "mongodb";
import type { CallProgress } from "../call.ts";
import { BY_ID } from "../collections.ts";
import type { JobDocument } from "../documents.ts";
import { aMark } from "../guarded-writes.ts";
import { toJobId } from "../ids.ts";
import type { KnownLease } from "../known-leases.ts";
import type { Store } from "../store.ts";
import { after } from "../times.ts";
import { outcomeWrite } from "./outcome-write.ts";
import { isSame } from "./same-number.ts";
import { settleByLooking } from "./settle-by-looking.ts";

/** What a call settles with. */
export interface SettleFor {
  readonly nowMs: number;
  readonly progress: CallProgress;
  /** The request was sent before. */
  readonly repeat: boolean;
}

/**
 * Ends attempts, each under its token. Those leased by this process are written without being read: the succeeded ones by one
 * update or delete for each token, all in one bulk. The others, and those that the bulk did not meet, are read first.
 */
export async function settle(
  store: Store,
  settlements: readonly Settlement[],
  { nowMs, progress, repeat }: SettleFor,
): Promise<readonly SettleStatus[]> {
  if (settlements.length === 0) return [];
  const statuses: SettleStatus[] = new Array<SettleStatus>(settlements.length);
  const known: KnownSettlement[] = [];
  const unknown: number[] = [];
  for (const [index, settlement] of settlements.entries()) {
    const lease = store.leases.take(settlement.token, settlement.jobId);
    if (lease === undefined) unknown.push(index);
    else known.push({ index, settlement, lease });
  }
  progress.writing();
  const open = await settleKnown(store, known, { statuses, nowMs });
  const toLookAt = [...unknown, ...open].flatMap((index) => {
    const settlement = settlements[index];
    return settlement === undefined ? [] : [{ index, settlement }];
  });
  // What an earlier try of this very call stored is new to the caller.
  const isOurs = progress.again && !repeat;
  for (const { index, status } of await settleByLooking(store, toLookAt, nowMs))
    statuses[index] = isOurs ? asFirstAnswer(status, settlements[index]) : status;
  return statuses;
}

function asFirstAnswer(status: SettleStatus, settlement: Settlement | undefined): SettleStatus {
  if (status === "already") return "settled";
  const outcome = settlement?.outcome;
  const wasDropped = outcome !== undefined && "retainMs" in outcome && outcome.retainMs <= 0;
  return status === "gone" && wasDropped ? "settled" : status;
}

interface KnownSettlement {
  readonly index: number;
  readonly settlement: Settlement;
  readonly lease: KnownLease;
}

/** @returns Positions of those that the bulk did not meet and that have to be looked at. */
async function settleKnown(
  store: Store,
  known: readonly KnownSettlement[],
  { statuses, nowMs }: { readonly statuses: SettleStatus[]; readonly nowMs: number },
): Promise<readonly number[]> {
  if (known.length === 0) return [];
  const mark = aMark();
  const { matchedCount, deletedCount } = await store.jobs.bulkWrite(
    operationsFor(known, { mark, nowMs }),
    { ordered: false, writeConcern: store.concerns.safe },
  );
  if (matchedCount + deletedCount === known.length) {
    for (const { index } of known) statuses[index] = "settled";
    return [];
  }
  const missing = known.length - matchedCount - deletedCount;
  return sortOut(store, known, { statuses, mark, missing, deletedCount });
}

interface Bulk {
  readonly mark: Long;
  readonly nowMs: number;
}

function operationsFor(
  known: readonly KnownSettlement[],
  { mark, nowMs }: Bulk,
): AnyBulkWriteOperation<JobDocument>[] {
  const operations: AnyBulkWriteOperation<JobDocument>[] = [];
  const groups = new Map<string, { token: Long; retainMs: number; ids: Binary[] }>();
  for (const { settlement, lease } of known) {
    const { token, outcome } = settlement;
    if (outcome.kind === "succeed" && isAlike(outcome, lease)) {
      const key = `${token} ${outcome.retainMs}`;
      const group = groups.get(key);
      if (group !== undefined) group.ids.push(lease.id);
      else {
        const { retainMs } = outcome;
        groups.set(key, { token: Long.fromString(token), retainMs, ids: [lease.id] });
      }
    } else operations.push(singly(settlement, lease, { mark, nowMs }));
  }
  for (const { token, retainMs, ids } of groups.values()) {
    const filter = { _id: { $in: ids }, state: "processing" as const, token };
    if (retainMs <= 0) {
      operations.push({
        deleteMany: { filter: { ...filter, lingers: { $exists: false } }, hint: BY_ID },
      });
      continue;
    }
    operations.push({
      updateMany: {
        filter,
        hint: BY_ID,
        update: {
          $set: {
            state: "succeeded",
            finishedAt: new Date(nowMs),
            expiresAt: after(nowMs, retainMs),
            mark,
          },
          $inc: { rev: 1 },
        },
      },
    });
  }
  return operations;
}

/** Whether the job's end is the same as that of others under its token. */
function isAlike(
  { retainMs, result }: Extract<SettleOutcome, { kind: "succeed" }>,
  { isPlain }: KnownLease,
): boolean {
  return retainMs <= 0 || (isPlain && result === undefined);
}

function singly(
  { token, outcome }: Settlement,
  lease: KnownLease,
  { mark, nowMs }: Bulk,
): AnyBulkWriteOperation<JobDocument> {
  const fence = {
    _id: lease.id,
    state: "processing" as const,
    token: Long.fromString(token),
    // A wish to delete it changes what becomes of it, unless it succeeded.
    ...(outcome.kind !== "succeed" && { deletion: { $exists: false } }),
  };
  const job = {
    attempt: lease.attempt,
    startedAt: new Date(lease.startedAtMs),
    server: lease.serverId,
    // Of keys nothing is known but that there may be some: pulling what is not there does no harm.
    ...(!lease.isPlain && { keys: [] }),
  };
  const write = outcomeWrite(job, outcome, nowMs);
  if (write.kind === "delete")
    return {
      deleteOne: { filter: { ...fence, lingers: { $exists: false } }, hint: BY_ID },
    };
  return {
    updateOne: {
      filter: fence,
      hint: BY_ID,
      update: { ...write.update, $set: { ...write.update.$set, mark } },
    },
  };
}

interface Shortfall {
  readonly statuses: SettleStatus[];
  readonly mark: Long;
  readonly missing: number;
  readonly deletedCount: number;
}

/**
 * Some of the bulk met no job as it should be: marked for deletion, not to be dropped by a plain delete, or taken away. The
 * mark tells which of the stored ones were stored by this bulk.
 */
async function sortOut(
  store: Store,
  known: readonly KnownSettlement[],
  { statuses, mark, missing, deletedCount }: Shortfall,
): Promise<readonly number[]> {
  const rows = await store.jobs
    .find<Pick<JobDocument, "_id" | "state" | "token" | "mark">>(
      { _id: { $in: known.map(({ lease }) => lease.id) } },
      {
        projection: { state: 1, token: 1, mark: 1 },
        batchSize: known.length + 1,
      },
    )
    .toArray();
  const byId = new Map(rows.map((row) => [toJobId(row._id), row]));
  const open = known.filter(({ settlement }) => {
    const row = byId.get(settlement.jobId);
    return row?.state === ("processing" satisfies JobState) && isSame(row.token, settlement.token);
  });
  const isOpen = new Set(open);
  for (const one of known) {
    if (isOpen.has(one)) continue;
    const row = byId.get(one.settlement.jobId);
    if (
      missing === open.length ||
      (row === undefined ? deletedCount > 0 : isSame(row.mark, mark.toString()))
    )
      statuses[one.index] = "settled";
    else if (row === undefined || row.state === "dropped") statuses[one.index] = "gone";
    else statuses[one.index] = isSame(row.token, one.settlement.token) ? "already" : "stale";
  }
  return open.map(({ index }) => index);
}
