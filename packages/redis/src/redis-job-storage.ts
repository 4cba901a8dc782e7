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
import { openPartitions, openStorage } from "./open.ts";
import type { Operations } from "./operations.ts";
import { operationsInOneSlot } from "./operations-in-one-slot.ts";
import { type RedisJobStorageOptions, type RedisSettings, toSettings } from "./options.ts";
import { operationsAcross } from "./partitions/operations-across.ts";
import { Partitions } from "./partitions/partitions.ts";
import { Store } from "./store.ts";
import { WakeUps } from "./wake-up.ts";

/**
 * A job storage on Redis >= 6.2 or Valkey: alone, behind Sentinel, or in a Cluster (where all its keys are in one slot, unless
 * `partitions` spreads it over several).
 *
 * In one slot every method that changes something is one Lua script, so it is atomic and takes one round trip. It is as durable as the server
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
    opened.connection.close();
  }

  async enqueue(request: EnqueueRequest): Promise<readonly EnqueueResult[]> {
    return this.#use((operations) => operations.enqueue(request));
  }

  async exchange(request: ExchangeRequest): Promise<ExchangeReply> {
    return this.#use((operations) => operations.exchange(request));
  }

  async register(server: ServerRegistration): Promise<HeartbeatReply> {
    return this.#use((operations) => operations.register(server));
  }

  async heartbeat(request: HeartbeatRequest): Promise<HeartbeatReply> {
    return this.#use((operations) => operations.heartbeat(request));
  }

  async unregister(serverId: string): Promise<void> {
    await this.#use((operations) => operations.unregister(serverId));
  }

  readonly upkeep: IJobUpkeep = {
    takeTurn: (task, intervalMs) => this.#use(({ upkeep }) => upkeep.takeTurn(task, intervalMs)),
    promote: (limit) => this.#use(({ upkeep }) => upkeep.promote(limit)),
    recover: (request) => this.#use(({ upkeep }) => upkeep.recover(request)),
    prune: (limit) => this.#use(({ upkeep }) => upkeep.prune(limit)),
    repair: (limit) => this.#use(({ upkeep }) => upkeep.repair(limit)),
  };

  readonly control: IJobControl = {
    delete: (request) => this.#use(({ control }) => control.delete(request)),
    requeue: (request) => this.#use(({ control }) => control.requeue(request)),
    reschedule: (request) => this.#use(({ control }) => control.reschedule(request)),
    move: (request) => this.#use(({ control }) => control.move(request)),
    replaceContent: (request) => this.#use(({ control }) => control.replaceContent(request)),
    pauseQueue: (request) => this.#use(({ control }) => control.pauseQueue(request)),
    resumeQueue: (request) => this.#use(({ control }) => control.resumeQueue(request)),
    signalServer: (serverId, desired) =>
      this.#use(({ control }) => control.signalServer(serverId, desired)),
  };

  readonly monitor: IJobMonitor = {
    get: (ids) => this.#use(({ monitor }) => monitor.get(ids)),
    holders: (uniqueKeys) => this.#use(({ monitor }) => monitor.holders(uniqueKeys)),
    outcomes: (ids) => this.#use(({ monitor }) => monitor.outcomes(ids)),
    find: (request) => this.#use(({ monitor }) => monitor.find(request)),
    count: (filter, options) => this.#use(({ monitor }) => monitor.count(filter, options)),
    queues: () => this.#use(({ monitor }) => monitor.queues()),
    servers: () => this.#use(({ monitor }) => monitor.servers()),
    suggest: (field, prefix, limit) =>
      this.#use(({ monitor }) => monitor.suggest(field, prefix, limit)),
  };

  readonly wakeUps: IWakeUps = {
    kind: "exact",
    listen: async ({ serverId, onWake }) => this.#parts().wakeUps.listen(serverId, onWake),
  };

  readonly reports: IJobReports = {
    report: (items) => this.#use(({ reports }) => reports.report(items)),
    logs: (id, request) => this.#use(({ reports }) => reports.logs(id, request)),
  };

  readonly metrics: IJobMetrics = {
    put: (serverId, points) => this.#use(({ metrics }) => metrics.put(serverId, points)),
    read: (request) => this.#use(({ metrics }) => metrics.read(request)),
  };

  async #open(): Promise<StorageIdentity> {
    const settings = this.#settings;
    const connection = new Connection(settings, this.#clock, "commands");
    const store = new Store(settings, connection);
    const partitions = settings.partitions > 1 ? new Partitions(settings, connection) : undefined;
    try {
      const { identity, durability } = await openStorage(store);
      const storageId =
        partitions === undefined
          ? identity.storageId
          : await openPartitions(partitions.stores, identity.storageId);
      this.#capabilities = capabilitiesOf(durability, settings);
      const durable =
        settings.durability === "server"
          ? undefined
          : new Connection(settings, this.#clock, "durable");
      const stores = partitions?.stores ?? [store];
      this.#opened = {
        connection,
        durable,
        operations:
          partitions === undefined
            ? constant(operationsInOneSlot(store, durable))
            : operationsAcross(partitions, durable, this.#clock),
        wakeUps: new WakeUps({
          prefixes: stores.map(({ settings: { prefix } }) => prefix),
          clock: this.#clock,
          timeoutMs: settings.callTimeoutMs,
          connect: (tries) => connectSubscriber(settings, connection.client, tries),
        }),
      };
      return { ...identity, storageId };
    } catch (error) {
      connection.close();
      this.#opening = undefined;
      throw error;
    }
  }

  async #use<T>(call: (operations: Operations) => Promise<T>): Promise<T> {
    const { operations } = this.#parts();
    return this.#calls.track(() => call(operations()));
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
  readonly connection: Connection;
  /** For one call. */
  readonly operations: () => Operations;
  readonly wakeUps: WakeUps;
  /** Where enqueues wait for a replica or the disk. */
  readonly durable: Connection | undefined;
}

function constant<T>(value: T): () => T {
  return () => value;
}
