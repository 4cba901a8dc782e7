import { isDeepStrictEqual } from "node:util";
import { RevoError } from "../errors.ts";
import { decodeEnvelope } from "../job/envelope.ts";
import type { JobId, JobRecord } from "../job/job-record.ts";
import type { EnqueueResult } from "../storage/enqueue.ts";
import type { PreparedJob } from "./job-preparation.ts";

/** What the storage's answer means for the caller. `compare`: an id that the caller chose is stored; is it the same job? */
export type EnqueueAnswer =
  | { readonly kind: "stored"; readonly id: JobId; readonly created: boolean }
  | { readonly kind: "failed"; readonly error: RevoError }
  | { readonly kind: "compare" };

/** Reads the storage's answer for one job. */
export function readAnswer(prepared: PreparedJob, result: EnqueueResult): EnqueueAnswer {
  const { id } = prepared.job;
  switch (result.kind) {
    case "created":
      return { kind: "stored", id, created: true };
    case "exists":
      // An id of our own making exists only because an earlier try of this very enqueue came through.
      return prepared.mayExist ? { kind: "compare" } : { kind: "stored", id, created: true };
    case "duplicate":
      return duplicateAnswer(prepared, result.jobId);
    case "replaced":
      return { kind: "stored", id: result.jobId, created: false };
    case "rejected":
      return {
        kind: "failed",
        error: new RevoError(
          "REVO_JOB_REJECTED",
          `The storage refused job ${id} of type "${prepared.job.type}": ${result.reason}; nothing was stored`,
        ),
      };
  }
}

/**
 * Whether the job stored under a chosen id is the one that was asked for: type and payload decide.
 * @param record `null`: it was removed meanwhile, so nobody can say otherwise.
 */
export function compareStored(prepared: PreparedJob, record: JobRecord | null): EnqueueAnswer {
  const { id, type } = prepared.job;
  if (record === null || isSameJob(prepared, record)) return { kind: "stored", id, created: false };
  return {
    kind: "failed",
    error: new RevoError(
      "REVO_ID_CONFLICT",
      `The id ${id} is that of another job of type "${record.type}"; the job of type "${type}" was not stored`,
    ),
  };
}

function duplicateAnswer(prepared: PreparedJob, holder: JobId): EnqueueAnswer {
  const { id, type } = prepared.job;
  if (holder === id) return { kind: "stored", id, created: true };
  if (!prepared.reject) return { kind: "stored", id: holder, created: false };
  return {
    kind: "failed",
    error: new RevoError(
      "REVO_JOB_DUPLICATE",
      `The unique key ${JSON.stringify(prepared.key?.slice(0, 80))} of a job of type "${type}" is held by job ${holder}; nothing was stored`,
    ),
  };
}

function isSameJob({ job }: PreparedJob, record: JobRecord): boolean {
  if (record.type !== job.type) return false;
  if (record.texts === undefined) return true;
  if (record.texts.payload !== job.payload && !isSameJson(record.texts.payload, job.payload)) {
    return false;
  }
  return isDeepStrictEqual(metaOf(record.texts.envelope), metaOf(job.envelope));
}

/** Equal but for the order of keys. */
function isSameJson(left: string, right: string): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(left), JSON.parse(right));
  } catch {
    return false;
  }
}

function metaOf(envelope: string): unknown {
  try {
    return decodeEnvelope(envelope).meta;
  } catch {
    return null;
  }
}
