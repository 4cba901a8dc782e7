import type { StorageCapabilities, StorageIdentity } from "./capabilities.ts";
import type { IJobControl } from "./control.ts";
import type { EnqueueRequest, EnqueueResult } from "./enqueue.ts";
import type { ExchangeReply, ExchangeRequest } from "./exchange.ts";
import type { HeartbeatReply, HeartbeatRequest, ServerRegistration } from "./job-servers.ts";
import type { IJobLimits } from "./limits.ts";
import type { IJobMetrics } from "./metrics.ts";
import type { IJobMonitor } from "./monitor.ts";
import type { IRecurringJobs } from "./recurring.ts";
import type { IJobReports } from "./reports.ts";
import type { IJobTransactions } from "./transactions.ts";
import type { IJobUpkeep } from "./upkeep.ts";
import type { IWakeUps } from "./wake-ups.ts";
import type { IJobWorkflows } from "./workflows.ts";

/**
 * The storage contract of Revo Jobs. Types only; the conformance cases are its other half.
 *
 * **Dumb adapters.** Core validates, defaults, encodes, computes delays and decides outcomes; an adapter stores what it is
 * given and makes the transition it is told, atomically. It never parses `payload`, `envelope`, `result`, `error`, `info`.
 *
 * **Text** is well-formed Unicode without U+0000 and comes back code unit for code unit. Durations are integers in ms.
 * Every stored decision about time uses the storage's clock; a `Date` from a caller is compared with it, never replaces it.
 *
 * **Items and errors.** Replies of batch calls have one entry per item, in the order of the request; no item throws. A batch
 * is never longer than `capabilities.maxBatch`; empty is allowed and answers `[]`. Unless a method says otherwise it throws
 * only `RevoError`: `REVO_STORAGE_UNAVAILABLE`, `_TIMEOUT`, `_READ_ONLY`, `_FULL`, `_FORBIDDEN`: nothing was done;
 * `REVO_STORAGE_OUTCOME_UNKNOWN`: nothing, a part or all was done, each item whole or not at all; `REVO_CLOSED`: not open.
 * Every call answers within the deadline set on the adapter (5 s unless set). Every call may be repeated as it is; where
 * twice is not once, the method says so. Calls may overlap, also those of one job server.
 *
 * **How it grows.** A member never changes. A new ability is a new optional facet or field; core sends an optional field
 * only to a storage that has the facet or capability named beside it, so an adapter ignores what it has never heard of.
 * Unions in requests grow only behind a facet or capability; core accepts every variant in replies. Absent means absent:
 * `undefined` is never sent.
 */
export interface IJobStorage<TTransaction = never> {
  readonly capabilities: StorageCapabilities;
  readonly upkeep: IJobUpkeep;
  readonly control: IJobControl;
  readonly monitor: IJobMonitor;
  /** Absent: servers poll. */
  readonly wakeUps?: IWakeUps;
  /** Absent: `REVO_CAPABILITY_MISSING` from core when a caller passes a transaction. */
  readonly transactions?: IJobTransactions<TTransaction>;
  readonly recurring?: IRecurringJobs;
  readonly limits?: IJobLimits;
  readonly workflows?: IJobWorkflows;
  readonly reports?: IJobReports;
  readonly metrics?: IJobMetrics;

  /**
   * Connects, checks the server (version, settings, rights) and the schema; creates or upgrades the schema if the adapter's
   * options allow it. Open twice is one open.
   * @throws `REVO_STORAGE_MISCONFIGURED`, `_VERSION`, `_FORBIDDEN`, `REVO_SCHEMA_*`: nothing was written.
   */
  open(): Promise<StorageIdentity>;
  /** Ends what the adapter opened, never what it was given. Calls in flight end first. Close twice is one close. */
  close(): Promise<void>;

  /**
   * Stores new jobs and wakes at most a few job servers that sleep for want of them. Per item atomic, not per batch; items
   * take effect in order (of two with one unique key, the first is created).
   *
   * Idempotent by `id` while the job is stored. `mayExist` asks for the look at finished jobs as well: core sets it when it
   * repeats a request and for ids chosen by the caller; without it a storage may look at unfinished jobs only.
   */
  enqueue(request: EnqueueRequest): Promise<readonly EnqueueResult[]>;

  /**
   * The hot call: ends attempts, promotes due jobs, leases jobs. **One round trip**; one commit where `atomicExchange`.
   *
   * *Settle.* Each settlement takes effect only if its job is processing under its token; else it changes no byte. It does not
   * ask whether the server is registered: until somebody else has the job, a late settlement counts.
   *
   * *Claim.* Promotes up to `promoteLimit` due jobs of any queue, then leases up to `limit` enqueued jobs to `serverId` under
   * `token`: `attempt` + 1, state processing. Two calls never lease the same job. Paused queues give nothing, whenever the
   * server learns of it. Order: queues as listed, each up to its own `limit`; within a queue priority 0 first, then
   * `enqueuedAt`, then id (within a priority approximate while claims contend if `claimOrder` is `"window"`). A row that
   * cannot be read is failed with `corrupt`, kept for 14 days, or skipped; it never fails the call. Whether a job settled or promoted by this
   * call is also claimed by it is open: `nextClaimInMs` 0 then asks for the next call.
   * A server that is not registered, or lost, gets no jobs and `lease: "lost"`; where that check is not atomic, `repair`
   * registers the stray holder with beat 0, to be watched like any other. A claim that comes back short marks the server
   * as hungry for these queues (see {@link IWakeUps}), a full one clears the mark.
   *
   * *Repeat.* It answers for all parts or throws. After `REVO_STORAGE_OUTCOME_UNKNOWN` core sends the **same** token and
   * settlements with `repeat: true`: the reply then holds the processing jobs already leased under that token (topping up
   * is allowed) and `already` for settlements that were stored. Claim stored, settle lost, or the reverse, end the same way.
   *
   * @returns No jobs: `jobs` is empty and `nextClaimInMs` says when to ask again.
   */
  exchange(request: ExchangeRequest): Promise<ExchangeReply>;

  /**
   * Makes a job server known, `beat` 1. A known id answers its present beat and changes nothing else; a lost one is not
   * revived: `lease: "lost"`, and core registers a new id.
   */
  register(server: ServerRegistration): Promise<HeartbeatReply>;
  /**
   * Adds one to the server's beat: one small write, whatever the number of its jobs. Never creates or revives a server.
   * Runs beside an exchange without waiting for it (its own connection where the store has such). `deletions` and `desired`
   * are levels, not events: they are told again until they no longer hold.
   */
  heartbeat(request: HeartbeatRequest): Promise<HeartbeatReply>;
  /** Ends a server: lost at once, so that anybody may recover what it still holds. Unknown id: nothing happens. */
  unregister(serverId: string): Promise<void>;
}

/** The transaction a storage takes; `never` where it has none. A method with a parameter of it then cannot be called. */
export type TransactionOf<TStorage> = TStorage extends {
  readonly transactions: IJobTransactions<infer TTransaction>;
}
  ? TTransaction
  : never;
