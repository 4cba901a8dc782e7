import type { JobError } from "./job-error.ts";
import type { JobState } from "./job-state.ts";

/** A UUID in lower case with hyphens: version 7 from core, version 8 where derived (occurrences); a caller may give any UUID. */
export type JobId = string;

/** What an adapter acts on is a field; everything else of core's (codec meta, headers, trace, timeout) is in `envelope`. */
export interface NewJob {
  readonly id: JobId;
  /** `[A-Za-z0-9._-]{1,128}`. */
  readonly type: string;
  /** `[a-z0-9][a-z0-9._-]{0,63}`. */
  readonly queue: string;
  /** Band 0 (first) to 9. */
  readonly priority: number;
  readonly payload: string;
  readonly envelope: string;
  /** At most 16, each at most 128 bytes. Core's own begin with `revo.` (recurring id, correlation, tenant). */
  readonly tags: readonly string[];
  /** 1..1000. How many attempts may end; core compares it, adapters store it. */
  readonly maxAttempts: number;
  /** 0..100. How many times a server may die while it runs this job; compared in `recover` only. */
  readonly maxCrashes: number;
  /** Not claimed within this time after it became enqueued for the first time: deleted with reason `expired`, by the claim that meets it or by `prune`. */
  readonly discardAfterMs?: number;
  /** Always and only with `discardAfterMs`: how long the discarded job stays readable; 0 lets the storage drop it at once. */
  readonly discardRetainMs?: number;
  readonly start: JobStart;
  readonly unique?: UniqueKey;
  /** Needs `limits`. One per job. `name` was defined, else the limit is unlimited; `key` is any text of <= 256 bytes. */
  readonly limit?: { readonly name: string; readonly key: string };
  /** Needs `limits` with `fairGroups`. Jobs of one queue and priority are served in turn by group, in ratio of `weight`. */
  readonly group?: { readonly key: string; readonly weight: number };
  /** Needs `workflows`. The batch must not be sealed. */
  readonly batchId?: string;
}

/** `runAt` at or before the storage's clock: as `now`. `after` needs `workflows`. */
export type JobStart =
  | TimedStart
  | {
      readonly kind: "after";
      readonly parents: readonly JobParent[];
      readonly otherwise: "wait" | "delete";
    };

/** When a new job may start: at once, after a delay or at an instant, both by the storage's clock. */
export type TimedStart =
  | { readonly kind: "now" }
  | { readonly kind: "delay"; readonly delayMs: number }
  | { readonly kind: "at"; readonly runAt: Date };

/** One of `jobId` and `batchId`. `finished` is any final state. A batch has finished when sealed and all its jobs have. */
export interface JobParent {
  readonly jobId?: JobId;
  readonly batchId?: string;
  readonly on: "succeeded" | "finished";
}

/**
 * At most one holder per key in the whole storage. `untilStarted`: freed by the first claim, never taken back (retry, release
 * and recover need no key). `untilFinished`: held through every retry, freed on succeeded, failed, deleted. `retained`: held
 * until the finished job is pruned, freed at once on deleted. `window`: held for `windowMs` from enqueue, whatever becomes of
 * the job. So no transition but enqueue and requeue can meet a holder.
 */
export interface UniqueKey {
  /** At most 64 bytes: core sends a digest. */
  readonly key: string;
  readonly scope: "untilStarted" | "untilFinished" | "retained" | "window";
  /** With `window` only. */
  readonly windowMs?: number;
  /** `replace`: a holder that is scheduled, enqueued or throttled takes payload, envelope, tags, start, priority; others are kept. */
  readonly onConflict: "keep" | "replace";
}

/** A job as it is stored: what core gave, and what the storage made of it. */
export interface JobRecord extends Omit<NewJob, "payload" | "envelope" | "start" | "unique"> {
  readonly state: JobState;
  readonly attempt: number;
  readonly crashes: number;
  readonly createdAt: Date;
  /** In the queue since; at the tail when it was stamped. */
  readonly enqueuedAt?: Date;
  readonly dueAt?: Date;
  readonly startedAt?: Date;
  readonly finishedAt?: Date;
  /** Kept until, at least. */
  readonly expiresAt?: Date;
  readonly serverId?: string;
  readonly deletionRequestedAt?: Date;
  readonly uniqueKey?: string;
  /** Last known, 0..1. */
  readonly progress?: number;
  readonly fingerprint?: string;
  /** Of failed and deleted: "attempts", "crash-loop", "corrupt", "timeout", "expired", "requested" … */
  readonly reason?: string;
  /** Times in a row that it was released. */
  readonly releases: number;
  readonly corrupt?: true;
  readonly texts?: {
    readonly payload: string;
    readonly envelope: string;
    readonly result?: string;
  };
  /** With `texts`. Ended attempts and operators' acts, oldest first, at least the newest 20. An undisturbed success adds none: the dates above say it. */
  readonly history?: readonly JobHistoryEntry[];
}

/** One thing that happened to a job: an attempt that did not succeed, or an operator's act. */
export interface JobHistoryEntry
  extends Readonly<Partial<Record<"serverId" | "actor" | "reason", string>>> {
  readonly at: Date;
  readonly from: JobState;
  readonly to: JobState;
  readonly attempt: number;
  readonly startedAt?: Date;
  readonly error?: JobError;
}
