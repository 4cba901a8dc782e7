import { RevoError } from "../errors.ts";
import { argumentError, unreadable } from "../job/argument-error.ts";
import { assertJobId } from "../job/job-id.ts";
import type { JobId } from "../job/job-record.ts";
import { digestKey } from "../job/unique-key.ts";
import type { IJobMonitor } from "../storage/monitor.ts";

/** A job: by id, by handle (anything with its `id`), or by the unique key it holds. */
export type JobReference = JobId | { readonly id: JobId } | { readonly key: string };

/** A checked reference: an id, or the digest of a key. */
export type ParsedReference =
  | { readonly kind: "id"; readonly id: JobId }
  | { readonly kind: "key"; readonly key: string; readonly digest: string };

/** @throws `REVO_ARGUMENT_INVALID`, `REVO_ID_INVALID`, `REVO_KEY_INVALID`. */
export function parseReference(reference: JobReference, path = "job"): ParsedReference {
  try {
    return referenceOf(reference, path);
  } catch (error) {
    throw unreadable(error, path);
  }
}

function referenceOf(reference: JobReference, path: string): ParsedReference {
  if (typeof reference === "object" && reference !== null) {
    if ("id" in reference) return idReference(reference.id, `${path}.id`);
    if ("key" in reference) {
      return { kind: "key", key: reference.key, digest: digestKey(reference.key) };
    }
  } else if (typeof reference === "string") {
    return idReference(reference, path);
  }
  throw argumentError(
    "REVO_ARGUMENT_INVALID",
    path,
    "to be a job's id, its handle or { key }",
    reference,
  );
}

/** The id of the job referred to; `null`: nobody holds the key now. Whether an id exists is not asked. */
export async function resolveReference(
  monitor: Pick<IJobMonitor, "holders">,
  reference: ParsedReference,
): Promise<JobId | null> {
  if (reference.kind === "id") return reference.id;
  const [holder = null] = await monitor.holders([reference.digest]);
  return holder;
}

/** A reference as it may stand in a message. */
export function describeReference(reference: ParsedReference): string {
  return reference.kind === "id"
    ? reference.id
    : `with key ${JSON.stringify(reference.key.slice(0, 80))}`;
}

/** The error for a reference to nothing. */
export function jobNotFound(reference: ParsedReference): RevoError {
  return new RevoError(
    "REVO_JOB_NOT_FOUND",
    `There is no job ${describeReference(reference)} (any more)`,
  );
}

function idReference(id: unknown, path: string): ParsedReference {
  assertJobId(id, path);
  return { kind: "id", id };
}
