import type { JobError, JobId, JobState, LogLine, NewJob, UniqueKey } from "@revojs/core";
import type { HeapItem } from "./indexed-heap.ts";
import type { QueueLine } from "./queue-line.ts";
import type { ServerEntry } from "./server-entry.ts";

export type JobQueue = QueueLine<JobEntry>;
export type JobServer = ServerEntry<JobEntry>;

/**
 * A job as it is stored. Which fields hold depends on the state; who changes the state calls `planes.ts`, which keeps the
 * entry and the structures it stands in together. Times are milliseconds since 1970 by the storage's clock.
 */
export class JobEntry implements HeapItem {
  readonly id: JobId;
  readonly type: string;
  readonly createdAtMs: number;
  line: JobQueue;
  priority: number;
  payload: string;
  envelope: string;
  tags: readonly string[];
  maxAttempts: number;
  readonly maxCrashes: number;

  state: JobState = "enqueued";
  attempt = 0;
  crashes = 0;
  releases = 0;
  /** Of the last claim; stays after the settlement, so that a repeat of it can be told from a stranger's. */
  token: string | undefined = undefined;
  /** The holder of the lease, while processing. */
  server: JobServer | undefined = undefined;
  /** Its holder said that it begins to run it now: a crash from here on counts. */
  starting = false;
  enqueuedAtMs: number | undefined = undefined;
  dueAtMs: number | undefined = undefined;
  startedAtMs: number | undefined = undefined;
  finishedAtMs: number | undefined = undefined;
  /** For how long it stays readable after it finished. */
  retainMs = 0;

  /** Who came first: to a band, among jobs of one due time, or to its end. Kept while the job is processing. */
  sequence = 0;
  /** In the heap of its plane: due jobs, or jobs that came back to their band out of order. */
  heapAt = -1;
  /** Position in the ring of its plane: band, leases of its server, finished jobs; -1: none. */
  ringAt = -1;
  /** Position in the ring of all jobs by id; -1: its id came out of order. */
  idAt = -1;
  /** Position among the finished jobs kept for the same time. */
  laneAt = -1;

  /** What few jobs have, so that the others stay small. */
  extras: JobExtras | undefined = undefined;

  constructor(job: NewJob, line: JobQueue, nowMs: number) {
    this.id = job.id;
    this.type = job.type;
    this.createdAtMs = nowMs;
    this.line = line;
    this.priority = job.priority;
    this.payload = job.payload;
    this.envelope = job.envelope;
    this.tags = copyOfTags(job.tags);
    this.maxAttempts = job.maxAttempts;
    this.maxCrashes = job.maxCrashes;
  }
}

/** See {@link JobEntry.extras}. */
export interface JobExtras {
  unique?: UniqueKey;
  discardAfterMs?: number;
  discardRetainMs?: number;
  /** While the job may be discarded: until its first claim. */
  discard?: Discard | undefined;
  limit?: NonNullable<NewJob["limit"]>;
  group?: NonNullable<NewJob["group"]>;
  batchId?: string;
  result?: string | undefined;
  reason?: string | undefined;
  fingerprint?: string;
  /** Who ran it last, of a finished job. */
  serverId?: string | undefined;
  progress?: number | undefined;
  deletion?: Deletion | undefined;
  history?: HistoryEntry[];
  log?: JobLog;
}

/** An operator's wish to delete a job that is processing. */
export interface Deletion {
  readonly atMs: number;
  /** How long to keep it once it is deleted. */
  readonly retainMs: number;
}

/** When to delete a job that nobody has claimed, and its place among all such jobs. */
export interface Discard extends HeapItem {
  readonly entry: JobEntry;
  readonly atMs: number;
}

/** One line of a job's history; dates as numbers, so that no caller can change them. */
export interface HistoryEntry {
  readonly atMs: number;
  readonly from: JobState;
  readonly to: JobState;
  readonly attempt: number;
  readonly startedAtMs?: number;
  readonly error?: JobError;
  readonly serverId?: string;
  readonly actor?: string;
  readonly reason?: string;
}

/** The newest lines that a job's runs wrote; `dropped` older ones are gone. */
export interface JobLog {
  lines: LogLine[];
  dropped: number;
}

/** The extras of `entry`, made when it has none yet. */
export function extrasOf(entry: JobEntry): JobExtras {
  entry.extras ??= {};
  return entry.extras;
}

const NO_TAGS: readonly string[] = [];

/** The caller may go on to use its array. */
export function copyOfTags(tags: readonly string[]): readonly string[] {
  return tags.length === 0 ? NO_TAGS : [...tags];
}
