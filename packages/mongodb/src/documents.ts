import type { Binary, Long, Timestamp } from "mongodb";
import type { JobError, JobState, NewJob, UniqueKey } from "@revojs/core";

/**
 * A job as it is stored. What few jobs have is absent in the others: a waiting job costs what it says and little more.
 *
 * `rev` grows with every write that a decision could rest on, so that a write which names the `rev` it has read is a
 * compare-and-set of the whole document.
 */
export interface JobDocument {
  readonly _id: Binary;
  readonly rev: number;
  readonly state: StoredState;
  readonly queue: string;
  readonly priority: number;
  /** Who came first, stamped by the server: to a band, or among jobs of one due time. Kept while the job is processing. */
  readonly order: Timestamp;
  readonly type: string;
  readonly payload: string;
  readonly envelope: string;
  readonly maxAttempts: number;
  readonly maxCrashes: number;
  readonly attempt: number;
  readonly createdAt: Date;
  readonly enqueuedAt?: Date;
  readonly dueAt?: Date;
  readonly startedAt?: Date;
  readonly finishedAt?: Date;
  /** Of finished jobs only: when they may be removed. */
  readonly expiresAt?: Date;
  /** Of jobs that were never claimed: when they are to be deleted. */
  readonly discardAt?: Date;
  readonly tags?: readonly string[];
  readonly crashes?: number;
  readonly releases?: number;
  readonly discardAfterMs?: number;
  readonly discardRetainMs?: number;
  readonly limit?: NonNullable<NewJob["limit"]>;
  readonly group?: NonNullable<NewJob["group"]>;
  readonly batchId?: string;
  /** As it was asked for; whether the job holds it now is told by `keys`. */
  readonly unique?: Pick<UniqueKey, "key" | "scope" | "windowMs">;
  /** The unique keys held now: one, or none. An array so that a plain `$pull` frees those of a scope and leaves the others. */
  readonly keys?: readonly HeldKey[];
  /** Of the last claim. Stays after the settlement, so that a repeat of it can be told from a stranger's. */
  readonly token?: Long;
  /** Who holds the lease, or held it last. */
  readonly server?: string;
  /** Its holder said that it begins to run it now: a crash from here on counts. */
  readonly starting?: true;
  readonly deletion?: Deletion;
  readonly result?: string;
  readonly reason?: string;
  readonly fingerprint?: string;
  readonly progress?: number;
  readonly history?: readonly StoredHistoryEntry[];
  /** Something hangs on the document or has to outlive it (log lines, the window of a key): removing it is more than a delete. */
  readonly lingers?: true;
  /** Number of log lines so far. */
  readonly lines?: number;
  /** Which call wrote last: tells the writer which documents of a batch it won. */
  readonly mark?: Long;
}

/** `dropped`: the job is gone, and only its unique key is held until the end of a window. */
export type StoredState = JobState | "dropped";

export interface HeldKey {
  readonly v: string;
  readonly scope: UniqueKey["scope"];
  /** End of the window. */
  readonly until?: Date;
}

/** An operator's wish to delete a job that is processing. */
export interface Deletion {
  readonly at: Date;
  readonly retainMs: number;
}

/** One line of a job's history. */
export interface StoredHistoryEntry {
  readonly at: Date;
  readonly from: JobState;
  readonly to: JobState;
  readonly attempt: number;
  readonly startedAt?: Date;
  readonly error?: JobError;
  readonly serverId?: string;
  readonly actor?: string;
  readonly reason?: string;
}

/** Who this storage is. */
export interface StorageDocument {
  readonly _id: "storage";
  readonly storageId: string;
  readonly schemaVersion: number;
}

/** What is added to the server's clock: 0, but for tests that move the time. */
export interface ClockDocument {
  readonly _id: "clock";
  readonly offsetMs: number;
}

/** A job server. */
export interface ServerDocument {
  /** `server:` and its id. */
  readonly _id: string;
  readonly beat: number;
  readonly beatAt: Date;
  readonly leaseMs: number;
  readonly info: string;
  readonly desired: "run" | "quiet" | "stop";
  readonly lost?: true;
  /** The queues that gave its last claim too little. */
  readonly hungry?: readonly string[];
}

/** A paused queue. */
export interface QueueDocument {
  /** `queue:` and its name. */
  readonly _id: string;
  readonly pause: {
    readonly since: Date;
    readonly actor: string;
    readonly reason: string;
    readonly endsAt?: Date;
  };
}

/** Whose turn a task of upkeep is. */
export interface TurnDocument {
  /** `turn:` and the task. */
  readonly _id: string;
  readonly nextAt: Date;
}

/** Lines that one report added to a job's log. */
export interface LogDocument {
  readonly job: Binary;
  /** Number of the first line in the log. */
  readonly first: number;
  readonly lines: readonly {
    readonly at: Date;
    readonly attempt: number;
    readonly level: "debug" | "info" | "warn" | "error";
    readonly text: string;
  }[];
}

/** A server's totals of one minute, queue and type. */
export interface MetricDocument {
  /** Minute, server, queue, type: in this order, so that a span of minutes is a range of ids. */
  readonly _id: string;
  readonly minute: Date;
  readonly queue: string;
  readonly type: string;
  readonly values: readonly number[];
}

/** A message to job servers. */
export interface WakeDocument {
  /** Stamped by the server. */
  readonly at: Timestamp;
  readonly to: readonly string[];
  readonly cause: "jobs" | "due" | "control" | "seed";
}
