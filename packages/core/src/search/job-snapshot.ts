import type { ErrorDescription } from "../job/job-error.ts";
import type { JobId } from "../job/job-record.ts";
import type { JobState } from "../job/job-state.ts";

/** A job as it is shown: everything decoded, nothing live. */
export interface JobSnapshot {
  readonly id: JobId;
  readonly type: string;
  readonly state: JobState;
  readonly queue: string;
  /** Band 0 (first) to 9. */
  readonly priority: number;
  readonly tags: readonly string[];
  /** Attempts begun, those given back not counted. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** Times in a row that a job server died with it. */
  readonly crashes: number;
  /** Times in a row that it was given back without an end. */
  readonly releases: number;
  /** Decoded, not restored: plain data. `undefined` when it cannot be read (see `corrupt`) or was not asked for. */
  readonly payload?: unknown;
  /** Version of the payload's shape. */
  readonly version?: number;
  readonly headers: Readonly<Record<string, string>>;
  /** What the handler returned, while it is kept. */
  readonly result?: unknown;
  readonly createdAt: Date;
  /** In its queue since. */
  readonly enqueuedAt?: Date;
  readonly dueAt?: Date;
  readonly startedAt?: Date;
  readonly finishedAt?: Date;
  /** Kept until, at least. */
  readonly expiresAt?: Date;
  readonly serverId?: string;
  /** Since when its running attempt is asked to end. */
  readonly deletionRequestedAt?: Date;
  /** The unique key as its caller wrote it. */
  readonly key?: string;
  /** Last known, 0..1. */
  readonly progress?: number;
  /** Of failed and deleted: `attempts`, `crash-loop`, `timeout`, `expired`, `requested` … */
  readonly reason?: string;
  /** What is stored cannot be read. */
  readonly corrupt?: true;
  /** The newest error; also the last entry of `history` that has one. */
  readonly error?: ErrorDescription;
  /** Attempts that did not succeed and operators' acts, oldest first, at least the newest 20. */
  readonly history: readonly JobSnapshotEntry[];
}

/** One thing that happened to a job. */
export interface JobSnapshotEntry {
  readonly at: Date;
  readonly from: JobState;
  readonly to: JobState;
  readonly attempt: number;
  readonly startedAt?: Date;
  readonly serverId?: string;
  /** Who acted, when it was not a job server. */
  readonly actor?: string;
  readonly reason?: string;
  readonly error?: ErrorDescription;
}
