import type { JobId, NewJob } from "../job/job-record.ts";
import type { EnqueueResult } from "./enqueue.ts";

/** Stored schedules. Core computes occurrences, misfires and overlaps (overlap `skip` is a unique key); the storage compares and sets. */
export interface IRecurringJobs {
  /** Stores the whole record if the stored `revision` is `expected` (`null`: none yet), with a new revision. @returns `null`: it was not. */
  save(record: RecurringRecord, expected: string | null): Promise<string | null>;
  remove(id: string): Promise<boolean>;
  /** Due and not paused, earliest first. */
  due(
    limit: number,
  ): Promise<{ readonly records: readonly StoredRecurring[]; readonly nextInMs: number | null }>;
  /**
   * If `nextAt` is still `occurrence` and the revision `revision`: sets `next` and enqueues `jobs`, whose ids derive from (id, occurrence),
   * in one step, or (no transactions) jobs first: a repeat is harmless. `lost`: somebody else did, or it was edited; nothing changed.
   */
  fire(request: {
    readonly id: string;
    readonly revision: string;
    readonly occurrence: Date;
    readonly next: Date | null;
    readonly jobs: readonly NewJob[];
  }): Promise<
    | { readonly kind: "fired"; readonly results: readonly EnqueueResult[] }
    | { readonly kind: "lost" }
  >;
  /** By id; `text` is part of id or type. */
  find(request: {
    readonly text?: string;
    readonly queue?: string;
    readonly paused?: boolean;
    readonly after?: string;
    readonly limit: number;
  }): Promise<{ readonly records: readonly StoredRecurring[]; readonly next: string | null }>;
}

/** A recurring job as core gives it to the storage. */
export interface RecurringRecord {
  readonly id: string;
  readonly type: string;
  readonly queue: string;
  /** `null`: finished, or its definition has no further occurrence. */
  readonly nextAt: Date | null;
  /** Not due while set and in the future. */
  readonly pausedUntil: Date | null;
  /** Cron, zone, policies, payload, and the console's override beside it. */
  readonly definition: string;
}

/** A recurring job as it is stored. */
export interface StoredRecurring extends RecurringRecord {
  readonly revision: string;
  readonly lastAt: Date | null;
  readonly lastJobId: JobId | null;
}
