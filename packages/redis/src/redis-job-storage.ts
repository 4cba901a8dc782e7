import {
  type EnqueueRequest,
  type EnqueueResult,
  type ExchangeReply,
  type ExchangeRequest,
  type HeartbeatReply,
  type HeartbeatRequest,
  type IClock,
  type IJobControl,
  type IJobMetrics,
  type IJobMonitor,
  type IJobReports,
  type IJobStorage,
  type IJobUpkeep,
  type IWakeUps,
  RevoError,
  type ServerRegistration,
  type StorageCapabilities,
  type StorageIdentity,
  SystemClock,
} from "@revojs/core";
import { CallsInFlight } from "./calls-in-flight.ts";
import { capabilitiesOf } from "./capabilities.ts";
import { connectSubscriber } from "./connect.ts";
import { Connection } from "./connection.ts";
import {
  deleteJobs,
  moveJobs,
  pauseQueue,
  replaceContent,
  requeueJobs,
  rescheduleJobs,
  resumeQueue,
} from "./control.ts";
import { countJobs } from "./count-jobs.ts";
import { durableSender } from "./durable-enqueue.ts";
import { enqueue } from "./enqueue.ts";
import { exchange } from "./exchange.ts";
import { findJobs } from "./find-jobs.ts";
import { putMetrics, readMetrics } from "./metrics.ts";
import { openStorage } from "./open.ts";
import { type RedisJobStorageOptions, type RedisSettings, toSettings } from "./options.ts";
import { listQueues } from "./queues.ts";
import { readHolders, readJobs, readOutcomes } from "./read-jobs.ts";
import { readLogs, report } from "./reports.ts";
import { heartbeat, listServers, register, signalServer, unregister } from "./servers.ts";
import { Store } from "./store.ts";
import { suggest } from "./suggest.ts";
import { promote, prune, recover, repair, takeTurn } from "./upkeep.ts";
import { WakeUps } from "./wake-up.ts";

/**
 * A job storage on Redis >= 6.2 or Valkey: alone, behind Sentinel, or in a Cluster (where all its keys are in one slot).
 *
 * Every method that changes something is one Lua script, so it is atomic and takes one round trip. It is as durable as the server
 * is set up to be: see the README on AOF, replicas and what a failover may lose. There are no transactions of a caller's.
 *
 * It takes two connections, whatever the number of queues: one for commands, one that listens for wakes.
 */
export class RedisJobStorage implements IJobStorage {
  readonly #settings: RedisSettings;
  readonly #clock: IClock = new SystemClock();
  readonly #calls = new CallsInFlight();
  #capabilities: StorageCapabilities;
  #opened: Opened | undefined;
  #opening: Promise<StorageIdentity> | undefined;

  /** @throws RevoArgumentError `REVO_OPTION_UNKNOWN`, `REVO_ARGUMENT_INVALID`. */
  constructor(options: RedisJobStorageOptions) {
    this.#settings = toSettings(options);
    this.#capabilities = capabilitiesOf("memory", this.#settings);
  }

  /** `durability` is known after `open`. */
  get capabilities(): StorageCapabilities {
    return this.#capabilities;
  }

  async open(): Promise<StorageIdentity> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    this.#opening = undefined;
    if (opened === undefined) return;
    await this.#calls.ended();
    opened.wakeUps.close();
    opened.durable?.close();
    opened.store.connection.close();
  }

  async enqueue(request: EnqueueRequest): Promise<readonly EnqueueResult[]> {
    const { durable } = this.#parts();
    return this.#use((store) =>
      durable === undefined
        ? enqueue(store, request)
        : enqueue(store, request, durableSender(store, durable)),
    );
  }

  async exchange(request: ExchangeRequest): Promise<ExchangeReply> {
    return this.#use((store) => exchange(store, request));
  }

  async register(server: ServerRegistration): Promise<HeartbeatReply> {
    return this.#use((store) => register(store, server));
  }

  async heartbeat(request: HeartbeatRequest): Promise<HeartbeatReply> {
    return this.#use((store) => heartbeat(store, request));
  }

  async unregister(serverId: string): Promise<void> {
    await this.#use((store) => unregister(store, serverId));
  }

  readonly upkeep: IJobUpkeep = {
    takeTurn: (task, intervalMs) => this.#use((store) => takeTurn(store, task, intervalMs)),
    promote: (limit) => this.#use((store) => promote(store, limit)),
    recover: (request) => this.#use((store) => recover(store, request)),
    prune: (limit) => this.#use((store) => prune(store, limit)),
    repair: (limit) => this.#use((store) => repair(store, limit)),
  };

  readonly control: IJobControl = {
    delete: (request) => this.#use((store) => deleteJobs(store, request)),
    requeue: (request) => this.#use((store) => requeueJobs(store, request)),
    reschedule: (request) => this.#use((store) => rescheduleJobs(store, request)),
    move: (request) => this.#use((store) => moveJobs(store, request)),
    replaceContent: (request) => this.#use((store) => replaceContent(store, request)),
    pauseQueue: (request) => this.#use((store) => pauseQueue(store, request)),
    resumeQueue: (request) => this.#use((store) => resumeQueue(store, request)),
    signalServer: (serverId, desired) =>
      this.#use((store) => signalServer(store, serverId, desired)),
  };

  readonly monitor: IJobMonitor = {
    get: (ids) => this.#use((store) => readJobs(store, ids)),
    holders: (uniqueKeys) => this.#use((store) => readHolders(store, uniqueKeys)),
    outcomes: (ids) => this.#use((store) => readOutcomes(store, ids)),
    find: (request) => this.#use((store) => findJobs(store, request)),
    count: (filter, options) => this.#use((store) => countJobs(store, filter, options)),
    queues: () => this.#use((store) => listQueues(store)),
    servers: () => this.#use((store) => listServers(store)),
    suggest: (field, prefix, limit) =>
      this.#use((store) => suggest(store, field, { prefix, limit })),
  };

  readonly wakeUps: IWakeUps = {
    kind: "exact",
    listen: async ({ serverId, onWake }) => this.#parts().wakeUps.listen(serverId, onWake),
  };

  readonly reports: IJobReports = {
    report: (items) => this.#use((store) => report(store, items)),
    logs: (id, request) => this.#use((store) => readLogs(store, id, request)),
  };

  readonly metrics: IJobMetrics = {
    put: (serverId, points) => this.#use((store) => putMetrics(store, serverId, points)),
    read: (request) => this.#use((store) => readMetrics(store, request)),
  };

  async #open(): Promise<StorageIdentity> {
    const settings = this.#settings;
    const connection = new Connection(settings, this.#clock, "commands");
    const store = new Store(settings, connection);
    try {
      const { identity, durability } = await openStorage(store);
      this.#capabilities = capabilitiesOf(durability, settings);
      this.#opened = {
        store,
        wakeUps: new WakeUps({
          prefix: settings.prefix,
          clock: this.#clock,
          timeoutMs: settings.callTimeoutMs,
          connect: (tries) => connectSubscriber(settings, connection.client, tries),
        }),
        ...(settings.durability !== "server" && {
          durable: new Connection(settings, this.#clock, "durable"),
        }),
      };
      return identity;
    } catch (error) {
      connection.close();
      this.#opening = undefined;
      throw error;
    }
  }

  async #use<T>(call: (store: Store) => Promise<T>): Promise<T> {
    const { store } = this.#parts();
    return this.#calls.track(() => call(store));
  }

  #parts(): Opened {
    if (this.#opened !== undefined) return this.#opened;
    throw new RevoError(
      "REVO_CLOSED",
      "The Redis storage is not open: call `open` first, and nothing after `close`",
    );
  }
}

interface Opened {
  readonly store: Store;
  readonly wakeUps: WakeUps;
  /** Where enqueues wait for a replica or the disk. */
  readonly durable?: Connection;
}
