import { RevoError } from "../errors.ts";
import { restoreError } from "../job/job-error.ts";
import type { JobId, JobRecord } from "../job/job-record.ts";
import { decodeResult } from "../job/payload.ts";

/** How a job ended, for who waits for its result. */
export type JobOutcome =
  | { readonly kind: "succeeded"; readonly result: unknown }
  | { readonly kind: "ended"; readonly error: unknown };

/**
 * The outcome of a job as it is stored.
 * @param record `null`: it is not in the storage.
 * @returns `null` while it has not ended.
 */
export function outcomeOf(id: JobId, record: JobRecord | null): JobOutcome | null {
  if (record === null) {
    const message = `Job ${id} is not in the storage (any more), so its result can't be known`;
    return { kind: "ended", error: new RevoError("REVO_JOB_NOT_FOUND", message) };
  }
  if (record.state === "succeeded") return resultOf(record.texts?.result);
  if (record.state === "failed") return { kind: "ended", error: failedError(record) };
  if (record.state === "deleted") return { kind: "ended", error: deletedError(record) };
  return null;
}

/** The outcome of a job that has succeeded. */
export function resultOf(text: string | undefined): JobOutcome {
  try {
    return { kind: "succeeded", result: decodeResult(text) };
  } catch (error) {
    return { kind: "ended", error };
  }
}

function failedError(record: JobRecord): RevoError {
  const last = record.history?.findLast((entry) => entry.error !== undefined)?.error;
  const cause = last === undefined ? undefined : restoreError(last.text);
  return new RevoError(
    "REVO_JOB_FAILED",
    `Job ${record.id} of type "${record.type}" failed (${record.reason ?? "no reason kept"})`,
    cause === undefined ? undefined : { cause },
  );
}

function deletedError(record: JobRecord): RevoError {
  return new RevoError(
    "REVO_JOB_DELETED",
    `Job ${record.id} of type "${record.type}" was deleted (${record.reason ?? "no reason kept"})`,
  );
}
