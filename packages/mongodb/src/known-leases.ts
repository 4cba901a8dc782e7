import type { JobId } from "@revojs/core";
import type { Binary } from "mongodb";

/** What this process remembers of a job that it leased, so that settling needs no look at it. */
export interface KnownLease {
  readonly id: Binary;
  readonly attempt: number;
  readonly startedAtMs: number;
  readonly serverId: string;
  readonly queue: string;
  /** Nothing but the fields of every claimed job has to change at its end. */
  readonly isPlain: boolean;
}

/**
 * The leases that this process took and has not settled. Of these an end can be written without reading the job first: nobody
 * else may change it while its server lives. What is unknown here (another process claimed it, the call is a repeat, the
 * server was lost) is read before it is written, which costs a round trip and is always right.
 */
export class KnownLeases {
  readonly #byToken = new Map<string, Map<JobId, KnownLease>>();
  readonly #tokensOf = new Map<string, Set<string>>();

  add(token: string, jobId: JobId, lease: KnownLease): void {
    let jobs = this.#byToken.get(token);
    if (jobs === undefined) {
      jobs = new Map();
      this.#byToken.set(token, jobs);
      const tokens = this.#tokensOf.get(lease.serverId) ?? new Set();
      this.#tokensOf.set(lease.serverId, tokens.add(token));
    }
    jobs.set(jobId, lease);
  }

  /** Gives the lease and forgets it: a second settlement of it has to look. */
  take(token: string, jobId: JobId): KnownLease | undefined {
    const jobs = this.#byToken.get(token);
    const lease = jobs?.get(jobId);
    if (jobs === undefined || lease === undefined) return undefined;
    jobs.delete(jobId);
    if (jobs.size === 0) {
      this.#byToken.delete(token);
      this.#tokensOf.get(lease.serverId)?.delete(token);
    }
    return lease;
  }

  /** The queue that the job came from; `undefined` for a job of which nothing is known. */
  queueOf(token: string, jobId: JobId): string | undefined {
    return this.#byToken.get(token)?.get(jobId)?.queue;
  }

  /** The job is about to be run under suspicion: its end has more to clear. */
  complicate(token: string, jobId: JobId): void {
    const jobs = this.#byToken.get(token);
    const lease = jobs?.get(jobId);
    if (jobs !== undefined && lease?.isPlain === true)
      jobs.set(jobId, { ...lease, isPlain: false });
  }

  /** The server is lost or gone: others may have its jobs. */
  forgetServer(serverId: string): void {
    for (const token of this.#tokensOf.get(serverId) ?? []) this.#byToken.delete(token);
    this.#tokensOf.delete(serverId);
  }

  clear(): void {
    this.#byToken.clear();
    this.#tokensOf.clear();
  }
}
