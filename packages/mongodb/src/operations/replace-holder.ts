import type { ClientSession } from "mongodb";
import type { NewJob } from "@revojs/core";
import type { JobDocument, StoredState } from "../documents.ts";
import type { Store } from "../store.ts";
import { dueAtOf } from "../times.ts";
import { JobChange, type JobFacts } from "../transitions.ts";

/** Whether a holder in this state takes the content of whoever wants its key. */
export function isReplaceable(state: StoredState): boolean {
  return state === "scheduled" || state === "enqueued" || state === "throttled";
}

/** Gives the holder of a unique key another content, start and priority. @returns `false`: it was changed meanwhile. */
export async function replaceHolder(
  store: Store,
  holder: Pick<JobDocument, "_id" | "rev"> & JobFacts,
  {
    job,
    nowMs,
    session,
  }: { readonly job: NewJob; readonly nowMs: number; readonly session?: ClientSession },
): Promise<boolean> {
  const change = new JobChange(nowMs).set({
    payload: job.payload,
    envelope: job.envelope,
    priority: job.priority,
  });
  if (job.tags.length > 0) change.set({ tags: job.tags });
  else change.unset("tags");
  const dueAt = job.start.kind === "after" ? undefined : dueAtOf(job.start, nowMs);
  if (dueAt === undefined) change.enqueue(holder);
  else change.schedule(dueAt);
  const { matchedCount } = await store.jobs.updateOne(
    { _id: holder._id, rev: holder.rev },
    change.toUpdate(),
    session === undefined ? { writeConcern: store.concerns.safe } : { session },
  );
  return matchedCount > 0;
}
