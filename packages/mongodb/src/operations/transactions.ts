import type { EnqueueRequest, EnqueueResult, IJobTransactions, Settlement } from "@revojs/core";
import { RevoError } from "@revojs/core";
import { type ClientSession, MongoError } from "mongodb";
import { inTime } from "../call.ts";
import type { JobDocument } from "../documents.ts";
import { serverCodeOf, toRevoError } from "../errors.ts";
import { toJobId, toStoredId } from "../ids.ts";
import type { Store } from "../store.ts";
import { type Incoming, incomingOf, PARENT_UNKNOWN } from "./enqueue.ts";
import { outcomeWrite } from "./outcome-write.ts";
import { isReplaceable, replaceHolder } from "./replace-holder.ts";
import { SETTLE_FIELDS, type SettleFacts, statusWithoutWrite } from "./settle-by-looking.ts";
import { type Fed, tellOfScheduled, wakeFor } from "./wake-for.ts";

/**
 * Stores jobs in the caller's transaction. A write that meets a duplicate would end the transaction, so ids and keys are
 * looked up first, in the transaction's own view; whoever takes one meanwhile makes the transaction conflict and be run again.
 * Whoever sleeps for want of them is woken when the transaction has ended.
 */
export async function enqueueIn(
  store: Store,
  session: ClientSession,
  request: EnqueueRequest,
): Promise<Awaited<ReturnType<IJobTransactions<ClientSession>["enqueueIn"]>>> {
  assertTransaction(store, session);
  const nowMs = await store.serverClock.nowMs();
  const results: EnqueueResult[] = request.jobs.map(() => PARENT_UNKNOWN);
  const incoming = incomingOf(request, nowMs);
  const known = await findKnown(store, session, incoming);
  const fresh = new Map<string, Incoming>();
  for (const one of incoming) {
    results[one.index] = await enterOne(store, session, { incoming: one, known, fresh, nowMs });
  }
  if (fresh.size > 0) {
    const documents = [...fresh.values()].map(({ document }) => document);
    await store.jobs.insertMany(documents, {
      ordered: true,
      session,
    });
  }
  const fed = incoming.map(({ document }): Fed => {
    const { state, queue, dueAt } = document;
    return { state, queue, ...(dueAt !== undefined && { dueAt }) };
  });
  store.transactionEnds.watch(session, fed);
  return {
    results,
    wake: async () => {
      await Promise.all([wakeFor(store, fed), tellOfScheduled(store, fed)]);
    },
  };
}

/** Ends an attempt in the caller's transaction, or throws so that it is rolled back. */
export async function completeIn(
  store: Store,
  session: ClientSession,
  settlement: Settlement,
): Promise<void> {
  assertTransaction(store, session);
  const nowMs = await store.serverClock.nowMs();
  // Whatever becomes of the transaction: a later settlement has to look.
  store.leases.take(settlement.token, settlement.jobId);
  const _id = toStoredId(settlement.jobId);
  const job =
    _id === undefined
      ? null
      : await store.jobs.findOne<SettleFacts>({ _id }, { projection: SETTLE_FIELDS, session });
  const status = statusWithoutWrite(job ?? undefined, settlement);
  const isWanted =
    job !== null && (job.deletion === undefined || settlement.outcome.kind === "succeed");
  if (job === null || status !== undefined || !isWanted)
    throw leaseLost(settlement, status ?? "deleted");
  const guard = { _id: job._id, rev: job.rev };
  const write = outcomeWrite(job, settlement.outcome, nowMs);
  if (write.kind === "update") await store.jobs.updateOne(guard, write.update, { session });
  else {
    await store.jobs.deleteOne(guard, { session });
    if (job.lines !== undefined) await store.logs.deleteMany({ job: job._id }, { session });
  }
}

interface Known {
  readonly ids: Map<string, JobDocument>;
  readonly keys: Map<string, JobDocument>;
}

async function findKnown(
  store: Store,
  session: ClientSession,
  incoming: readonly Incoming[],
): Promise<Known> {
  const ids = incoming.map(({ document }) => document._id);
  const keys = incoming.flatMap(({ job }) => job.unique?.key ?? []);
  const projection = { payload: 0, envelope: 0, history: 0, result: 0 };
  // One after the other: a session carries one command at a time.
  const withIds = await store.jobs.find({ _id: { $in: ids } }, { projection, session }).toArray();
  const withKeys =
    keys.length === 0
      ? []
      : await store.jobs.find({ "keys.v": { $in: keys } }, { projection, session }).toArray();
  return {
    ids: new Map(withIds.map((one) => [toJobId(one._id), one])),
    keys: new Map(withKeys.flatMap((one) => (one.keys ?? []).map(({ v }) => [v, one] as const))),
  };
}

interface Entering {
  readonly incoming: Incoming;
  readonly known: Known;
  /** To be inserted, by id. */
  readonly fresh: Map<string, Incoming>;
  readonly nowMs: number;
}

async function enterOne(
  store: Store,
  session: ClientSession,
  { incoming, known, fresh, nowMs }: Entering,
): Promise<EnqueueResult> {
  const { job } = incoming;
  const same = known.ids.get(job.id);
  if (fresh.has(job.id) || (same !== undefined && same.state !== "dropped"))
    return { kind: "exists" };
  const key = job.unique?.key;
  const earlier =
    key === undefined
      ? undefined
      : [...fresh.values()].find(({ job: other }) => other.unique?.key === key);
  if (earlier !== undefined) {
    if (job.unique?.onConflict !== "replace") return { kind: "duplicate", jobId: earlier.job.id };
    replaceFresh(fresh, { earlier, incoming });
    return { kind: "replaced", jobId: earlier.job.id };
  }
  const holder = key === undefined ? undefined : known.keys.get(key);
  const held = holder?.keys?.find(({ v }) => v === key);
  if (holder !== undefined && held !== undefined) {
    const isOver = held.until !== undefined && held.until.getTime() <= nowMs;
    const jobId = toJobId(holder._id);
    if (!isOver) {
      if (job.unique?.onConflict !== "replace" || !isReplaceable(holder.state))
        return { kind: "duplicate", jobId };
      await replaceHolder(store, holder, { job, nowMs, session });
      known.keys.set(held.v, { ...holder, rev: holder.rev + 1 });
      return { kind: "replaced", jobId };
    }
    await store.jobs.updateOne(
      { _id: holder._id },
      { $pull: { keys: { v: held.v } }, $inc: { rev: 1 } },
      { session },
    );
    known.keys.delete(held.v);
  }
  // Only a key was left of it.
  if (same !== undefined) await store.jobs.deleteOne({ _id: same._id }, { session });
  fresh.set(job.id, incoming);
  return { kind: "created" };
}

/** The first job of a key takes the content of a later one of the same batch. */
function replaceFresh(
  fresh: Map<string, Incoming>,
  { earlier, incoming }: { readonly earlier: Incoming; readonly incoming: Incoming },
): void {
  const { _id, queue, type, unique, keys, maxAttempts, maxCrashes } = earlier.document;
  const document: JobDocument = {
    ...incoming.document,
    _id,
    queue,
    type,
    maxAttempts,
    maxCrashes,
    ...(unique !== undefined && { unique }),
    ...(keys !== undefined && { keys }),
  };
  fresh.set(earlier.job.id, { ...earlier, document });
}

/** @throws RevoError `REVO_TRANSACTION_INVALID`. */
function assertTransaction(store: Store, session: ClientSession): void {
  const isSession =
    typeof session === "object" && session !== null && typeof session.inTransaction === "function";
  if (!isSession) throw invalid("is no ClientSession of the driver mongodb");
  if (session.hasEnded || !session.inTransaction())
    throw invalid("has no transaction under way: call it between startTransaction and commit");
  const { client } = session as unknown as { client?: unknown };
  if (client !== undefined && client !== store.client)
    throw invalid("is of another MongoClient than the storage's `db`");
}

function invalid(why: string): RevoError {
  return new RevoError("REVO_TRANSACTION_INVALID", `The transaction ${why}; nothing was done`);
}

function leaseLost({ jobId }: Settlement, status: string): RevoError {
  return new RevoError(
    "REVO_LEASE_LOST",
    `Job ${jobId} is not held under this token any more (${status}): roll the transaction back`,
  );
}

/**
 * Runs a part of the caller's transaction. What makes the whole transaction worth another try is thrown as the driver threw it:
 * `withTransaction` recognises it by its label.
 */
export async function inTransaction<T>(
  { call }: Pick<Store, "call">,
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await inTime(call, act());
  } catch (error) {
    if (error instanceof MongoError && error.hasErrorLabel("TransientTransactionError"))
      throw error;
    if (error instanceof MongoError && serverCodeOf(error) === NO_SUCH_TRANSACTION)
      throw invalid("was ended by the server");
    throw toRevoError(error, true);
  }
}

const NO_SUCH_TRANSACTION = 251;
