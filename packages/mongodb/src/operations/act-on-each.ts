import type { ControlRequest, ControlResult, JobState } from "@revojs/core";
import type { CallProgress } from "../call.ts";
import type { JobDocument } from "../documents.ts";
import { type GuardedWrite, writeGuarded } from "../guarded-writes.ts";
import { toJobId, toStoredIds } from "../ids.ts";
import { isHeld } from "../job-document.ts";
import type { Store } from "../store.ts";

export const DONE: ControlResult = Object.freeze({ kind: "done" });
const NOT_FOUND: ControlResult = Object.freeze({ kind: "not-found" });

/** Times that a job may change between look and write. Each time somebody else got on. */
const MOST_ROUNDS = 20;

/** What an act has to know of a job: all but its texts. */
export type JobInView = Omit<JobDocument, "payload" | "envelope" | "result" | "history">;

/** What one act does to one job. */
export interface Act {
  readonly write?: GuardedWrite["write"];
  readonly result: ControlResult;
  /** The queue in which there is a job more. */
  readonly fed?: string;
  /** When the job is due now. */
  readonly dueAt?: Date;
  /** A server that has to hear of it. */
  readonly tells?: string;
}

/** One of the control methods. */
export interface Action {
  /** States the method speaks of. */
  readonly from: readonly JobState[];
  /** Nothing is left to do: `done` whatever `from` says, since a repeated call must not turn a success into a conflict. */
  readonly isSo: (job: JobInView) => boolean;
  readonly act: (job: JobInView, nowMs: number) => Act;
}

/** Reads the jobs, decides, and writes each only if it is still as it was read; the others once more. */
export async function actOnEach(
  store: Store,
  request: ControlRequest,
  progress: CallProgress,
  action: Action,
): Promise<readonly ControlResult[]> {
  const nowMs = await store.serverClock.nowMs();
  const results = new Map<string, ControlResult>();
  const after: After = { fed: new Set(), told: new Set(), dueAt: undefined };
  let open = [...new Set(request.ids)];
  for (let round = 0; open.length > 0; round++) {
    if (round >= MOST_ROUNDS) throw new Error(`A job changed ${round} times meanwhile`);
    progress.writing();
    open = await actOnce(store, open, { request, action, nowMs, results, after });
  }
  if (after.fed.size > 0) await store.wakeSender.onFed([...after.fed]);
  if (after.dueAt !== undefined) await store.wakeSender.onScheduled(after.dueAt);
  for (const serverId of after.told) await store.wakeSender.tell(serverId);
  return request.ids.map((id) => results.get(id) ?? NOT_FOUND);
}

interface After {
  readonly fed: Set<string>;
  readonly told: Set<string>;
  /** The earliest. */
  dueAt: Date | undefined;
}

interface Acting {
  readonly request: ControlRequest;
  readonly action: Action;
  readonly nowMs: number;
  readonly results: Map<string, ControlResult>;
  readonly after: After;
}

/** @returns The ids that have to be looked at again. */
async function actOnce(
  store: Store,
  ids: readonly string[],
  { request, action, nowMs, results, after }: Acting,
): Promise<string[]> {
  const jobs = await store.jobs
    .find<JobInView>(
      { _id: { $in: toStoredIds(ids) } },
      { projection: { payload: 0, envelope: 0, result: 0, history: 0 }, batchSize: ids.length + 1 },
    )
    .toArray();
  const acts: (GuardedWrite & { readonly job: JobInView; readonly act: Act })[] = [];
  for (const job of jobs) {
    const decided = decide(job, request, action);
    if (decided !== undefined) {
      results.set(toJobId(job._id), decided);
      continue;
    }
    const act = action.act(job, nowMs);
    if (act.write === undefined) settle(job, act, { results, after });
    else acts.push({ job, act, write: act.write });
  }
  const written = await writeGuarded(store, acts);
  const again: string[] = [];
  for (const [index, { job, act }] of acts.entries()) {
    const id = toJobId(job._id);
    if (written[index] === "won") {
      settle(job, act, { results, after });
      if (act.write?.kind === "delete" && job.lines !== undefined)
        await store.logs.deleteMany({ job: job._id }, { writeConcern: store.concerns.quick });
    } else if (written[index] === "duplicate") {
      const holder = await holderOf(store, job, nowMs);
      if (holder === undefined) again.push(id);
      else results.set(id, { kind: "duplicate", jobId: holder });
    } else again.push(id);
  }
  return again;
}

/** The answer where nothing is to be done. */
function decide(
  job: JobInView,
  request: ControlRequest,
  action: Action,
): ControlResult | undefined {
  if (job.state === "dropped") return NOT_FOUND;
  const { state } = job;
  if (!action.from.includes(state)) return { kind: "conflict", state };
  if (action.isSo(job)) return DONE;
  if (request.from !== undefined && !request.from.includes(state))
    return { kind: "conflict", state };
  return undefined;
}

function settle(
  job: JobInView,
  act: Act,
  { results, after }: { readonly results: Map<string, ControlResult>; readonly after: After },
): void {
  results.set(toJobId(job._id), act.result);
  if (act.fed !== undefined) after.fed.add(act.fed);
  if (act.tells !== undefined) after.told.add(act.tells);
  const { dueAt } = act;
  if (dueAt !== undefined && !(after.dueAt !== undefined && after.dueAt <= dueAt))
    after.dueAt = dueAt;
}

/** Who holds the key that the job wants back; a window that has ended is taken from its holder. */
async function holderOf(
  store: Store,
  { unique }: JobInView,
  nowMs: number,
): Promise<string | undefined> {
  if (unique === undefined) return undefined;
  const holder = await store.jobs.findOne(
    { "keys.v": unique.key },
    { projection: { keys: 1, rev: 1 } },
  );
  const held = holder?.keys?.find(({ v }) => v === unique.key);
  if (holder === null || held === undefined) return undefined;
  if (isHeld(held, nowMs)) return toJobId(holder._id);
  await store.jobs.updateOne(
    { _id: holder._id, rev: holder.rev },
    { $pull: { keys: { v: unique.key } }, $inc: { rev: 1 } },
    { writeConcern: store.concerns.safe },
  );
  return undefined;
}
