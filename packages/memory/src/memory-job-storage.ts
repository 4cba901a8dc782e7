import { randomUUID } from "node:crypto";
import type {
  EnqueueRequest,
  EnqueueResult,
  ExchangeReply,
  ExchangeRequest,
  HeartbeatReply,
  HeartbeatRequest,
  IJobControl,
  IJobMetrics,
  IJobMonitor,
  IJobReports,
  IJobStorage,
  IJobUpkeep,
  IWakeUps,
  ServerRegistration,
  StorageCapabilities,
  StorageIdentity,
} from "@revojs/core";
import { RevoError } from "@revojs/core";
import { CAPABILITIES } from "./capabilities.ts";
import { deleteJobs, moveJobs, replaceContent, requeueJobs, rescheduleJobs } from "./control.ts";
import { enqueue } from "./enqueue.ts";
import { exchange } from "./exchange.ts";
import { findJobs } from "./find-jobs.ts";
import { type MemoryJobStorageOptions, toSettings } from "./memory-options.ts";
import { MemorySnapshot } from "./memory-snapshot.ts";
import {
  countJobs,
  getJobs,
  holders,
  listQueues,
  listServers,
  outcomes,
  suggest,
} from "./monitor.ts";
import { prune } from "./prune.ts";
import { pauseQueue, resumeQueue, signalServer } from "./queue-pauses.ts";
import { recover } from "./recover.ts";
import { readLogs, report } from "./reports.ts";
import { heartbeat, register, unregister } from "./servers.ts";
import { Sleepers } from "./sleepers.ts";
import { Store } from "./store.ts";
import { copyStore } from "./store-copy.ts";
import { promote, takeTurn } from "./upkeep.ts";

/**
 * A job storage in the memory of the process: the contract in its simplest form, the embedded default, and the fake for tests.
 *
 * **Not durable.** When the process ends, however it ends, every job is gone: the waiting, the scheduled and the failed ones.
 * Nothing is shared with other processes. Use it where the work may be lost or is made again at the next start; else use a
 * storage with a database.
 *
 * Schedulers and job servers of one process may share an instance. Each method does all its work within one tick, so that it
 * is atomic, and answers by a promise. The functions behind the methods are the algorithm; this class only lists them.
 */
export class MemoryJobStorage implements IJobStorage {
  readonly capabilities: StorageCapabilities = CAPABILITIES;
  readonly #sleepers = new Sleepers();
  #store: Store;
  #isOpen = false;

  /** @throws RevoArgumentError `REVO_OPTION_UNKNOWN`, `REVO_ARGUMENT_INVALID`. */
  constructor(options: MemoryJobStorageOptions = {}) {
    this.#store = new Store(toSettings(options), this.#sleepers);
  }

  async open(): Promise<StorageIdentity> {
    this.#isOpen = true;
    return { storageId: this.#store.settings.storageId, schemaVersion: 1, warnings: [] };
  }

  /** The jobs stay: the instance may be opened again. */
  async close(): Promise<void> {
    this.#isOpen = false;
    this.#sleepers.clear();
  }

  async enqueue(request: EnqueueRequest): Promise<readonly EnqueueResult[]> {
    return enqueue(this.#opened(), request);
  }

  async exchange(request: ExchangeRequest): Promise<ExchangeReply> {
    return exchange(this.#opened(), request);
  }

  async register(server: ServerRegistration): Promise<HeartbeatReply> {
    return register(this.#opened(), server);
  }

  async heartbeat(request: HeartbeatRequest): Promise<HeartbeatReply> {
    return heartbeat(this.#opened(), request);
  }

  async unregister(serverId: string): Promise<void> {
    unregister(this.#opened(), serverId);
  }

  readonly upkeep: IJobUpkeep = {
    takeTurn: async (task, intervalMs) => takeTurn(this.#opened(), task, intervalMs),
    promote: async (limit) => promote(this.#opened(), limit),
    recover: async (request) => recover(this.#opened(), request),
    prune: async (limit) => prune(this.#opened(), limit),
    repair: async () => this.#repair(),
  };

  readonly control: IJobControl = {
    delete: async (request) => deleteJobs(this.#opened(), request),
    requeue: async (request) => requeueJobs(this.#opened(), request),
    reschedule: async (request) => rescheduleJobs(this.#opened(), request),
    move: async (request) => moveJobs(this.#opened(), request),
    replaceContent: async (request) => replaceContent(this.#opened(), request),
    pauseQueue: async (request) => pauseQueue(this.#opened(), request),
    resumeQueue: async (request) => resumeQueue(this.#opened(), request),
    signalServer: async (serverId, desired) => signalServer(this.#opened(), serverId, desired),
  };

  readonly monitor: IJobMonitor = {
    get: async (ids) => getJobs(this.#opened(), ids),
    holders: async (uniqueKeys) => holders(this.#opened(), uniqueKeys),
    outcomes: async (ids) => outcomes(this.#opened(), ids),
    find: async (request) => findJobs(this.#opened(), request),
    count: async (filter, options) => countJobs(this.#opened(), filter, options),
    queues: async () => listQueues(this.#opened()),
    servers: async () => listServers(this.#opened()),
    suggest: async (field, prefix, limit) => suggest(this.#opened(), field, { prefix, limit }),
  };

  readonly wakeUps: IWakeUps = {
    kind: "exact",
    listen: async ({ serverId, onWake }) => {
      this.#opened();
      const stop = this.#sleepers.listen(serverId, onWake);
      return { close: async () => stop() };
    },
  };

  readonly reports: IJobReports = {
    report: async (items) => report(this.#opened(), items),
    logs: async (id, request) => readLogs(this.#opened(), id, request),
  };

  readonly metrics: IJobMetrics = {
    put: async (serverId, points) => this.#opened().metrics.put(serverId, points),
    read: async (request) => this.#opened().metrics.read(request),
  };

  /** For tests: how many jobs the calls so far had to look at. What one call adds is what its cost grows with. */
  get operations(): number {
    return this.#store.operations;
  }

  /**
   * For tests: the process of all present job servers ends here. Their listeners are gone, and what they still call fails with
   * `REVO_STORAGE_UNAVAILABLE`; their leases stay until another server recovers them.
   */
  crash(): void {
    this.#sleepers.clear();
    for (const server of this.#store.servers.all()) server.crashed = true;
  }

  /** For tests: what is stored now. Cost O(jobs). */
  snapshot(): MemorySnapshot {
    return new MemorySnapshot(copyStore(this.#store, new Sleepers()));
  }

  /** For tests: a store that lost its latest writes. Listeners stay; a snapshot may be used again. */
  rollbackTo(snapshot: MemorySnapshot): void {
    this.#sleepers.forgetHunger();
    this.#store = copyStore(MemorySnapshot.storeOf(snapshot), this.#sleepers);
  }

  /** For tests: an emptied storage (as by FLUSHALL), with another `storageId`. Listeners stay. */
  reset(): void {
    this.#sleepers.forgetHunger();
    this.#store = new Store({ ...this.#store.settings, storageId: randomUUID() }, this.#sleepers);
  }

  /** For tests: makes the content of a stored job unreadable, as a damaged row of a database is. */
  corrupt(jobId: string): void {
    const entry = this.#store.jobs.get(jobId);
    if (entry !== undefined) Object.assign(entry, { payload: undefined });
  }

  /** Each call ends in the tick in which it begins, so nothing can stay half done. */
  #repair(): { readonly repaired: number; readonly more: boolean } {
    this.#opened();
    return { repaired: 0, more: false };
  }

  #opened(): Store {
    if (this.#isOpen) return this.#store;
    throw new RevoError(
      "REVO_CLOSED",
      "The memory storage is not open: call `open` first, and nothing after `close`",
    );
  }
}
