import type { ClaimedJob } from "@revojs/core";
import type { JobDocument } from "./documents.ts";
import { toJobId } from "./ids.ts";

/** What a claim reads of a job. The history of a job that failed often is larger than all the rest. */
export const CLAIM_PROJECTION: Readonly<Record<string, 0>> = { history: 0, result: 0 };

/** The reply's view of a job that is leased as its `attempt`. */
export function toClaimedJob(document: JobDocument, attempt: number, nowMs: number): ClaimedJob {
  const { enqueuedAt } = document;
  return {
    id: toJobId(document._id),
    type: document.type,
    queue: document.queue,
    priority: document.priority,
    payload: document.payload,
    envelope: document.envelope,
    maxAttempts: document.maxAttempts,
    maxCrashes: document.maxCrashes,
    attempt,
    crashes: document.crashes ?? 0,
    releases: document.releases ?? 0,
    waitedMs: enqueuedAt === undefined ? 0 : Math.max(0, nowMs - enqueuedAt.getTime()),
  };
}

/** Whether a claim can give the job: others may have written what it cannot. */
export function isReadable(document: JobDocument): boolean {
  return typeof document.payload === "string" && typeof document.envelope === "string";
}

/** Nobody claimed the job in time. */
export function isTooLate({ discardAt }: JobDocument, nowMs: number): boolean {
  return discardAt !== undefined && discardAt.getTime() <= nowMs;
}
