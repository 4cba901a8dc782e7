import type { JobId, NewJob } from "../job/job-record.ts";

/** `mayExist` is false unless given. */
export interface EnqueueRequest {
  readonly jobs: readonly NewJob[];
  readonly mayExist?: boolean;
}

/** What became of one new job; one answer for each, in order. */
export type EnqueueResult =
  | { readonly kind: "created" }
  /** This id is stored; whether with the same content is core's question, by `monitor.get`. */
  | { readonly kind: "exists" }
  /** Nothing was stored: `jobId` holds the unique key. */
  | { readonly kind: "duplicate"; readonly jobId: JobId }
  | { readonly kind: "replaced"; readonly jobId: JobId }
  /** Nothing was stored. */
  | {
      readonly kind: "rejected";
      readonly reason: "parent-unknown" | "batch-sealed" | "queue-full";
    };
