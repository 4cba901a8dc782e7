import type { JobDocument } from "../documents.ts";
import { writeGuarded, type GuardedWrite } from "../guarded-writes.ts";
import type { Store } from "../store.ts";
import { endJob, type Ending, JobChange } from "../transitions.ts";

// The one who finishes a job says how long it is kept; of what cannot be read nothing can be asked.
const CORRUPT_RETAIN_MS = 14 * 24 * 60 * 60 * 1000;

/** Jobs that a claim met and cannot give. */
export interface Unusable {
  readonly late: readonly JobDocument[];
  readonly corrupt: readonly JobDocument[];
}

/** Deletes what nobody claimed in time, and fails what cannot be read. @returns How many. */
export async function clearAway(
  store: Store,
  { late, corrupt }: Unusable,
  nowMs: number,
): Promise<number> {
  const results = await writeGuarded(store, [
    ...late.map((job): GuardedWrite => ({ job, write: discardWrite(job, nowMs) })),
    ...corrupt.map((job): GuardedWrite => ({ job, write: corruptWrite(job, nowMs) })),
  ]);
  return results.filter((result) => result === "won").length;
}

function discardWrite(job: JobDocument, nowMs: number): GuardedWrite["write"] {
  return endJob(changeOf(job, nowMs), job, discardEnding(job), nowMs);
}

function corruptWrite(job: JobDocument, nowMs: number): GuardedWrite["write"] {
  return endJob(changeOf(job, nowMs), job, CORRUPT, nowMs);
}

const CORRUPT: Ending = { state: "failed", reason: "corrupt", retainMs: CORRUPT_RETAIN_MS };

function discardEnding({ discardRetainMs }: JobDocument): Ending {
  return { state: "deleted", reason: "expired", retainMs: discardRetainMs ?? 0 };
}

/** A job that was leased in order to be looked at gives that lease back: it was no attempt. */
function changeOf(job: JobDocument, nowMs: number): JobChange {
  const change = new JobChange(nowMs);
  if (job.state !== "processing") return change;
  return change.add("attempt", -1).unset("token", "server", "startedAt");
}
