import type { JobId, RecoverReply, RecoverRequest } from "@revojs/core";
import type { CallProgress } from "../call.ts";
import { serverKey } from "../control-ids.ts";
import type { JobDocument } from "../documents.ts";
import { writeGuarded, type GuardedWrite } from "../guarded-writes.ts";
import { toJobId } from "../ids.ts";
import type { Store } from "../store.ts";
import { after } from "../times.ts";
import { attemptEnd, endJob, JobChange } from "../transitions.ts";
import { forgetIfIdle } from "./servers.ts";

type HeldJob = Pick<
  JobDocument,
  | "_id"
  | "rev"
  | "queue"
  | "attempt"
  | "startedAt"
  | "server"
  | "crashes"
  | "maxCrashes"
  | "starting"
  | "deletion"
  | "keys"
  | "discardAfterMs"
  | "discardAt"
>;

const HELD_FIELDS: Readonly<Record<keyof HeldJob, 1>> = {
  _id: 1,
  rev: 1,
  queue: 1,
  attempt: 1,
  startedAt: 1,
  server: 1,
  crashes: 1,
  maxCrashes: 1,
  starting: 1,
  deletion: 1,
  keys: 1,
  discardAfterMs: 1,
  discardAt: 1,
};

/** Times that jobs may change between look and write. Each time somebody else got on. */
const MOST_ROUNDS = 20;

type EndKind = "returned" | "failed" | "deleted";

/**
 * Takes back the jobs of a server whose beat stood still. The compare-and-set makes it lost for ever; a claim that had been
 * allowed just before may still lease a job under it: `repair` finds that one.
 */
export async function recover(
  store: Store,
  request: RecoverRequest,
  progress: CallProgress,
): Promise<RecoverReply> {
  const nowMs = await store.serverClock.nowMs();
  const _id = serverKey(request.serverId);
  const lists = { returned: [] as JobId[], failed: [] as JobId[], deleted: [] as JobId[] };
  progress.writing();
  const { matchedCount } = await store.servers.updateOne(
    { _id, $or: [{ lost: true }, { beat: request.beat }] },
    { $set: { lost: true }, $unset: { hungry: "" } },
    { writeConcern: store.concerns.safe },
  );
  if (matchedCount === 0) {
    const isKnown = (await store.servers.findOne({ _id }, { projection: { _id: 1 } })) !== null;
    return isKnown ? { kind: "beat-moved" } : { kind: "recovered", ...lists, more: false };
  }
  store.leases.forgetServer(request.serverId);
  store.hunger.forget(request.serverId);
  store.sleepers.isWoken(request.serverId);
  const queues = new Set<string>();
  let left = request.limit;
  for (let round = 0; left > 0 && round < MOST_ROUNDS; round++) {
    const held = await readHeld(store, request.serverId, left);
    const ends = held.map((job) => ({ job, ...recoverOne(job, request, nowMs) }));
    const results = await writeGuarded(store, ends);
    for (const [index, { job, kind }] of ends.entries()) {
      if (results[index] !== "won") continue;
      lists[kind].push(toJobId(job._id));
      queues.add(job.queue);
      left--;
    }
    // Those that somebody else changed meanwhile are looked at again.
    if (results.every((result) => result === "won")) break;
  }
  const more = await forgetIfIdle(store, request.serverId);
  if (lists.returned.length > 0) await store.wakeSender.onFed([...queues]);
  return { kind: "recovered", ...lists, more };
}

function readHeld(store: Store, serverId: string, limit: number): Promise<readonly HeldJob[]> {
  return store.jobs
    .find<HeldJob>(
      { state: "processing", server: serverId },
      { projection: HELD_FIELDS, limit, batchSize: limit + 1, hint: "held" },
    )
    .toArray();
}

/** The attempt is given back; only `crashes` bounds how often servers may die with the job. Pure. */
function recoverOne(
  job: HeldJob,
  request: RecoverRequest,
  nowMs: number,
): Pick<GuardedWrite, "write"> & { readonly kind: EndKind } {
  const wasStarting = job.starting === true;
  const crashed = wasStarting || isFirstCrash(job);
  const crashes = (job.crashes ?? 0) + (crashed ? 1 : 0);
  const { error } = request;
  const change = new JobChange(nowMs)
    .add("attempt", -1)
    // A late settlement of the dead server must not be taken for one that was stored.
    .unset("token", "starting");
  if (job.deletion !== undefined) {
    const { retainMs } = job.deletion;
    change.note(attemptEnd(job, { to: "deleted", reason: "requested" }));
    const ending = { state: "deleted", reason: "requested", retainMs } as const;
    return { kind: "deleted", write: endJob(change, job, ending, nowMs) };
  }
  if (crashes > 0) change.set({ crashes });
  if (crashes > job.maxCrashes) {
    const { retainMs } = request;
    change
      .set({ fingerprint: error.fingerprint })
      .note(attemptEnd(job, { to: "failed", reason: "crash-loop", error }));
    const ending = { state: "failed", reason: "crash-loop", retainMs } as const;
    return { kind: "failed", write: endJob(change, job, ending, nowMs) };
  }
  const isDelayed = wasStarting && request.delayMs > 0;
  const to = isDelayed ? "scheduled" : "enqueued";
  change.note(attemptEnd(job, { to, reason: "server-lost", error })).unset("server");
  if (isDelayed) change.schedule(after(nowMs, request.delayMs));
  else if (wasStarting) change.enqueue(job);
  else change.putBack();
  return { kind: "returned", write: change.toWrite() };
}

/** A job that crashed never before becomes a suspect, unless it may not crash at all: then only a marked run counts. */
function isFirstCrash({ crashes, maxCrashes }: HeldJob): boolean {
  return (crashes ?? 0) === 0 && maxCrashes > 0;
}
