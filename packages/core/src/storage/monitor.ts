import type { JobId, JobRecord } from "../job/job-record.ts";
import type { JobState } from "../job/job-state.ts";
import type { HeartbeatReply, ServerRegistration } from "./job-servers.ts";

/** What the storage lets core read: jobs by id, key and filter, queues, servers. */
export interface IJobMonitor {
  /** By primary key, read after write. `null` for an unknown id. */
  get(ids: readonly JobId[]): Promise<readonly (JobRecord | null)[]>;
  /** The job that holds each unique key now, read after write; `null`: none. */
  holders(uniqueKeys: readonly string[]): Promise<readonly (JobId | null)[]>;
  /** State and result only, for many waiters at once; `null` while unfinished or gone. */
  outcomes(
    ids: readonly JobId[],
  ): Promise<readonly ({ readonly state: JobState; readonly result?: string } | null)[]>;
  /**
   * One page by keyset. A job that does not change meanwhile is neither skipped nor told twice; there is no snapshot.
   * Looks at no more than `scanLimit` rows, so a page may be short, even empty, with a cursor: core says so and goes on.
   * @returns `next: null` at the end. @throws `REVO_CURSOR_INVALID`.
   */
  find(request: FindRequest): Promise<{
    readonly jobs: readonly JobRecord[];
    readonly next: string | null;
    readonly scanned: number;
  }>;
  /** Counts up to `atMost`; `exact: false` when it stopped there or estimated. */
  count(
    filter: JobFilter,
    options: { readonly atMost: number; readonly signal?: AbortSignal },
  ): Promise<{ readonly count: number; readonly exact: boolean }>;
  /** Every queue that has jobs, a pause or a limit; at most 10,000, by name. */
  queues(): Promise<readonly QueueRecord[]>;
  /** At most 10,000, by id, lost ones included. */
  servers(): Promise<readonly ServerRecord[]>;
  /** Distinct values beginning with `prefix`, for completion in the console; a sample is enough. */
  suggest?(field: "types" | "tags", prefix: string, limit: number): Promise<readonly string[]>;
}

/** All given fields must hold (and); within a list one is enough (or); an empty list matches nothing. What it cannot say (not, text, payload paths) core tests on the rows. */
export interface JobFilter
  extends Readonly<
    Partial<
      Record<
        "queues" | "types" | "tags" | "uniqueKeys" | "batchIds" | "serverIds" | "fingerprints",
        readonly string[]
      >
    >
  > {
  readonly states?: readonly JobState[];
  readonly limitKeys?: readonly { readonly name: string; readonly key: string }[];
  readonly createdAt?: Range<Date>;
  readonly dueAt?: Range<Date>;
  readonly finishedAt?: Range<Date>;
  readonly attempt?: Range<number>;
}

/** From `from` to `to`; either may be absent. */
export interface Range<T> {
  readonly from?: T /** Excluded. */;
  readonly to?: T;
}

/** `natural`: the order of the plane: as claimed, by `dueAt`, by start, latest finished first; over several states, newest id first. */
export type JobOrder = "natural" | "newest" | "oldest";

/** One page of a search, as core asks for it. */
export interface FindRequest {
  readonly filter: JobFilter;
  readonly order: JobOrder;
  readonly after?: string;
  /** 1..1000. */
  readonly limit: number;
  /** >= `limit`. */
  readonly scanLimit: number;
  /** `ids` fills `id` and `state` truly and the rest only if free; `summary` leaves out texts; `full` has everything. */
  readonly detail: "ids" | "summary" | "full";
  readonly signal?: AbortSignal;
}

/** A queue as it is now. */
export interface QueueRecord {
  readonly queue: string;
  /** Counted up to 10,000 each; that number means "or more". */
  readonly counts: Readonly<
    Record<"scheduled" | "enqueued" | "awaiting" | "throttled" | "processing", number>
  >;
  readonly oldestWaitMs: number | null;
  readonly pause?: {
    readonly since: Date;
    readonly actor: string;
    readonly reason: string;
    readonly endsInMs?: number;
  };
}

/** A job server as the storage knows it. */
export interface ServerRecord extends ServerRegistration, Pick<HeartbeatReply, "beat" | "desired"> {
  /** For display only. */
  readonly beatAt: Date;
  readonly lost: boolean;
  readonly processing: number;
}
