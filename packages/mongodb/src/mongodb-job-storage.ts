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
  IJobTransactions,
  IJobUpkeep,
  IWakeUps,
  ServerRegistration,
  StorageCapabilities,
  StorageIdentity,
} from "@revojs/core";
import { RevoError } from "@revojs/core";
import type { ClientSession } from "mongodb";
import { type CallProgress, runCall } from "./call.ts";
import { CallLine } from "./call-line.ts";
import { capabilitiesOf } from "./capabilities.ts";
import { connect, type Connection } from "./connection.ts";
import { toRevoError } from "./errors.ts";
import {
  deleteJobs,
  moveJobs,
  replaceContent,
  requeueJobs,
  rescheduleJobs,
} from "./operations/control.ts";
import { countJobs } from "./operations/count.ts";
import { enqueue } from "./operations/enqueue.ts";
import { exchange } from "./operations/exchange.ts";
import { findJobs } from "./operations/find.ts";
import { putMetrics, readMetrics } from "./operations/metrics.ts";
import { pauseQueue, resumeQueue, signalServer } from "./operations/pauses.ts";
import { promote } from "./operations/promote.ts";
import { prune } from "./operations/prune.ts";
import { listQueues, listServers } from "./operations/queues.ts";
import { getJobs, holders, outcomes } from "./operations/read.ts";
import { recover } from "./operations/recover.ts";
import { repair } from "./operations/repair.ts";
import { readLogs, report } from "./operations/reports.ts";
import { heartbeat, register, unregister } from "./operations/servers.ts";
import { suggest } from "./operations/suggest.ts";
import { takeTurn } from "./operations/take-turn.ts";
import { completeIn, enqueueIn, inTransaction } from "./operations/transactions.ts";
import { type MongodbJobStorageOptions, type Settings, toSettings } from "./options.ts";
import type { Store } from "./store.ts";

/**
 * A job storage on MongoDB 5 or newer: a replica set, a sharded cluster with an unsharded database, or a standalone server,
 * which has no transactions.
 *
 * Every method is one call of a function in `operations/`; here is only what all have in common: they answer within
 * `timeoutMs`, ride out what passes by itself, and are refused unless the storage is open.
 */
export class MongodbJobStorage implements IJobStorage<ClientSession> {
  readonly #settings: Settings;
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #enqueueLine = new CallLine();
  #capabilities: StorageCapabilities;
  #opening: Promise<Connection> | undefined;
  #connection: Connection | undefined;
  #closing: Promise<void> | undefined;

  /** @throws RevoArgumentError `REVO_OPTION_UNKNOWN`, `REVO_ARGUMENT_INVALID`. */
  constructor(options: MongodbJobStorageOptions) {
    this.#settings = toSettings(options);
    this.#capabilities = capabilitiesOf(this.#settings, undefined);
  }

  get capabilities(): StorageCapabilities {
    return this.#capabilities;
  }

  /** Known after `open`: `undefined` where no wakes can be received. An optional member is all that its type can say. */
  get wakeUps(): IWakeUps {
    const canHear = this.#connection?.wakes !== undefined;
    return (canHear ? this.#wakeUps : undefined) as IWakeUps;
  }

  /**
   * With a `ClientSession` of the `db` that the storage was given. Known after `open`: `undefined` on a standalone server,
   * which has no transactions; the type says otherwise so that a session is accepted wherever a transaction is.
   */
  get transactions(): IJobTransactions<ClientSession> {
    const isStandalone = this.#connection?.topology.kind === "standalone";
    return (isStandalone ? undefined : this.#transactions) as IJobTransactions<ClientSession>;
  }

  async open(): Promise<StorageIdentity> {
    await this.#closing;
    this.#opening ??= connect(this.#settings).catch((error: unknown) => {
      this.#opening = undefined;
      throw toRevoError(error, false);
    });
    this.#connection = await this.#opening;
    const { store, topology, schemaVersion, warnings } = this.#connection;
    this.#capabilities = capabilitiesOf(this.#settings, topology);
    return { storageId: store.storageId, schemaVersion, warnings };
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close().finally(() => {
      this.#closing = undefined;
    });
    return this.#closing;
  }

  enqueue(request: EnqueueRequest): Promise<readonly EnqueueResult[]> {
    if (this.#settings.strictFifo) return this.#enqueueInOrder(request);
    return this.#call((store, progress) => enqueue(store, request, progress));
  }

  exchange(request: ExchangeRequest): Promise<ExchangeReply> {
    return this.#call((store, progress) => exchange(store, request, progress));
  }

  register(server: ServerRegistration): Promise<HeartbeatReply> {
    return this.#call((store, progress) => register(store, server, progress));
  }

  heartbeat(request: HeartbeatRequest): Promise<HeartbeatReply> {
    return this.#call((store, progress) => heartbeat(store, request, progress));
  }

  unregister(serverId: string): Promise<void> {
    return this.#call((store, progress) => unregister(store, serverId, progress));
  }

  readonly upkeep: IJobUpkeep = {
    takeTurn: (task, intervalMs) =>
      this.#call((store, progress) => takeTurn(store, { task, intervalMs }, progress)),
    promote: (limit) => this.#call((store, progress) => promote(store, limit, progress)),
    recover: (request) => this.#call((store, progress) => recover(store, request, progress)),
    prune: (limit) => this.#call((store, progress) => prune(store, limit, progress)),
    repair: (limit) => this.#call((store, progress) => repair(store, limit, progress)),
  };

  readonly control: IJobControl = {
    delete: (request) => this.#call((store, progress) => deleteJobs(store, request, progress)),
    requeue: (request) => this.#call((store, progress) => requeueJobs(store, request, progress)),
    reschedule: (request) =>
      this.#call((store, progress) => rescheduleJobs(store, request, progress)),
    move: (request) => this.#call((store, progress) => moveJobs(store, request, progress)),
    replaceContent: (request) =>
      this.#call((store, progress) => replaceContent(store, request, progress)),
    pauseQueue: (request) => this.#call((store, progress) => pauseQueue(store, request, progress)),
    resumeQueue: (request) =>
      this.#call((store, progress) => resumeQueue(store, request, progress)),
    signalServer: (serverId, desired) =>
      this.#call((store, progress) => signalServer(store, { serverId, desired }, progress)),
  };

  readonly monitor: IJobMonitor = {
    get: (ids) => this.#call((store) => getJobs(store, ids)),
    holders: (uniqueKeys) => this.#call((store) => holders(store, uniqueKeys)),
    outcomes: (ids) => this.#call((store) => outcomes(store, ids)),
    find: (request) => this.#call((store) => findJobs(store, request)),
    count: (filter, options) => this.#call((store) => countJobs(store, filter, options)),
    queues: () => this.#call((store) => listQueues(store)),
    servers: () => this.#call((store) => listServers(store)),
    suggest: (field, prefix, limit) =>
      this.#call((store) => suggest(store, field, { prefix, limit })),
  };

  readonly reports: IJobReports = {
    report: (items) => this.#call((store, progress) => report(store, items, progress)),
    logs: (id, request) => this.#call((store) => readLogs(store, id, request)),
  };

  readonly metrics: IJobMetrics = {
    put: (serverId, points) =>
      this.#call((store, progress) => putMetrics(store, { serverId, points }, progress)),
    read: (request) => this.#call((store) => readMetrics(store, request)),
  };

  readonly #transactions: IJobTransactions<ClientSession> = {
    enqueueIn: (session, request) =>
      this.#track((store) => inTransaction(store, () => enqueueIn(store, session, request))),
    completeIn: (session, settlement) =>
      this.#track((store) => inTransaction(store, () => completeIn(store, session, settlement))),
  };

  readonly #wakeUps: IWakeUps = {
    kind: "hint",
    listen: async ({ serverId, onWake }) => {
      const { wakes, listeners } = this.#opened();
      const stop = listeners.add(serverId, onWake);
      await this.#call(async () => wakes?.start());
      return { close: async () => stop() };
    },
  };

  /** One call after the other, tries of it included: what was asked for first arrives first. */
  async #enqueueInOrder(request: EnqueueRequest): Promise<readonly EnqueueResult[]> {
    const { turn, leave } = this.#enqueueLine.enter();
    try {
      return await this.#call(async (store, progress) => {
        await turn;
        // Its caller was told that nothing was done.
        if (progress.isAbandoned) return [];
        return enqueue(store, request, progress);
      });
    } finally {
      leave();
    }
  }

  #call<T>(act: (store: Store, progress: CallProgress) => Promise<T>): Promise<T> {
    return this.#track((store) => runCall(store.call, (progress) => act(store, progress)));
  }

  /** Calls in flight end before `close` does. */
  async #track<T>(act: (store: Store) => Promise<T>): Promise<T> {
    const { store } = this.#opened();
    const work = act(store);
    this.#underWay.add(work);
    try {
      return await work;
    } finally {
      this.#underWay.delete(work);
    }
  }

  #opened(): Connection {
    if (this.#connection !== undefined && this.#closing === undefined) return this.#connection;
    throw new RevoError(
      "REVO_CLOSED",
      "The MongoDB storage is not open: call `open` first, and nothing after `close`",
    );
  }

  async #close(): Promise<void> {
    const connection = await this.#opening?.catch(() => undefined);
    await Promise.allSettled(this.#underWay);
    this.#connection = undefined;
    this.#opening = undefined;
    await connection?.close();
  }
}
