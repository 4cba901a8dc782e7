import {
  type EnqueueRequest,
  type EnqueueResult,
  type ExchangeReply,
  type ExchangeRequest,
  type HeartbeatReply,
  type HeartbeatRequest,
  type IJobControl,
  type IJobMetrics,
  type IJobMonitor,
  type IJobReports,
  type IJobStorage,
  type IJobTransactions,
  type IJobUpkeep,
  type IWakeUps,
  RevoError,
  type ServerRegistration,
  type StorageCapabilities,
  type StorageIdentity,
} from "@revojs/core";
import { CAPABILITIES } from "./capabilities.ts";
import {
  deleteJobs,
  moveJobs,
  pauseQueue,
  replaceContent,
  requeueJobs,
  rescheduleJobs,
  resumeQueue,
  signalServer,
} from "./operations/control.ts";
import { enqueue } from "./operations/enqueue.ts";
import { exchange } from "./operations/exchange.ts";
import { findJobs } from "./operations/find.ts";
import { putMetrics, readMetrics } from "./operations/metrics.ts";
import {
  countJobs,
  getJobs,
  holders,
  listQueues,
  listServers,
  outcomes,
  suggest,
} from "./operations/monitor.ts";
import { readLogs, report } from "./operations/reports.ts";
import { heartbeat, recover, register, unregister } from "./operations/servers.ts";
import { completeIn, enqueueIn, type PostgresTransaction } from "./operations/transactions.ts";
import { promote, prune, repair, takeTurn } from "./operations/upkeep.ts";
import { type PostgresJobStorageOptions, type Settings, toSettings } from "./options.ts";
import { Session } from "./session.ts";

/**
 * A job storage in a schema of a PostgreSQL database, 13 or later.
 *
 * Any number of processes may share a schema. Jobs can be stored, and completed, in a transaction of yours in the same
 * database: both or none take effect. The functions behind the methods each send one statement; this class only lists them.
 */
export class PostgresJobStorage implements IJobStorage<PostgresTransaction> {
  readonly capabilities: StorageCapabilities = CAPABILITIES;
  /** Absent where the options say that job servers poll. */
  declare readonly wakeUps?: IWakeUps;
  readonly #settings: Settings;
  #session: Session | undefined;
  #opening: Promise<Session> | undefined;
  #closing: Promise<void> = Promise.resolve();

  /**
   * Nothing is connected before `open`.
   * @throws RevoArgumentError `REVO_OPTION_UNKNOWN`, `REVO_ARGUMENT_INVALID`, `REVO_NAME_INVALID`.
   */
  constructor(options: PostgresJobStorageOptions) {
    this.#settings = toSettings(options);
    if (this.#settings.push) {
      this.wakeUps = {
        kind: "hint",
        listen: (request) => this.#use((session) => session.wakeUps.listen(request)),
      };
    }
  }

  async open(): Promise<StorageIdentity> {
    await this.#closing;
    this.#opening ??= Session.open(this.#settings);
    try {
      this.#session = await this.#opening;
      return this.#session.identity;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }

  async close(): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    this.#session = undefined;
    if (opening !== undefined) {
      this.#closing = opening.then(
        (session) => session.close(),
        () => {},
      );
    }
    await this.#closing;
  }

  enqueue(request: EnqueueRequest): Promise<readonly EnqueueResult[]> {
    return this.#use((session) => enqueue(session, request));
  }

  exchange(request: ExchangeRequest): Promise<ExchangeReply> {
    return this.#use((session) => exchange(session, request));
  }

  register(server: ServerRegistration): Promise<HeartbeatReply> {
    return this.#use((session) => register(session, server));
  }

  heartbeat(request: HeartbeatRequest): Promise<HeartbeatReply> {
    return this.#use((session) => heartbeat(session, request));
  }

  unregister(serverId: string): Promise<void> {
    return this.#use((session) => unregister(session, serverId));
  }

  readonly upkeep: IJobUpkeep = {
    takeTurn: (task, intervalMs) => this.#use((session) => takeTurn(session, task, intervalMs)),
    promote: (limit) => this.#use((session) => promote(session, limit)),
    recover: (request) => this.#use((session) => recover(session, request)),
    prune: (limit) => this.#use((session) => prune(session, limit)),
    repair: (limit) => this.#use((session) => repair(session, limit)),
  };

  readonly control: IJobControl = {
    delete: (request) => this.#use((session) => deleteJobs(session, request)),
    requeue: (request) => this.#use((session) => requeueJobs(session, request)),
    reschedule: (request) => this.#use((session) => rescheduleJobs(session, request)),
    move: (request) => this.#use((session) => moveJobs(session, request)),
    replaceContent: (request) => this.#use((session) => replaceContent(session, request)),
    pauseQueue: (request) => this.#use((session) => pauseQueue(session, request)),
    resumeQueue: (request) => this.#use((session) => resumeQueue(session, request)),
    signalServer: (serverId, desired) =>
      this.#use((session) => signalServer(session, serverId, desired)),
  };

  readonly monitor: IJobMonitor = {
    get: (ids) => this.#use((session) => getJobs(session, ids)),
    holders: (uniqueKeys) => this.#use((session) => holders(session, uniqueKeys)),
    outcomes: (ids) => this.#use((session) => outcomes(session, ids)),
    find: (request) => this.#use((session) => findJobs(session, request)),
    count: (filter, options) => this.#use((session) => countJobs(session, filter, options)),
    queues: () => this.#use((session) => listQueues(session)),
    servers: () => this.#use((session) => listServers(session)),
    suggest: (field, prefix, limit) =>
      this.#use((session) => suggest(session, field, { prefix, limit })),
  };

  readonly transactions: IJobTransactions<PostgresTransaction> = {
    enqueueIn: (transaction, request) =>
      this.#use((session) => enqueueIn(session, transaction, request)),
    completeIn: (transaction, settlement) =>
      this.#use((session) => completeIn(session, transaction, settlement)),
  };

  readonly reports: IJobReports = {
    report: (items) => this.#use((session) => report(session, items)),
    logs: (id, request) => this.#use((session) => readLogs(session, id, request)),
  };

  readonly metrics: IJobMetrics = {
    put: (serverId, points) => this.#use((session) => putMetrics(session, serverId, points)),
    read: (request) => this.#use((session) => readMetrics(session, request)),
  };

  /** Calls that have begun end before the session closes. */
  async #use<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const session = this.#session;
    if (session === undefined) {
      throw new RevoError(
        "REVO_CLOSED",
        "The PostgreSQL storage is not open: call `open` first, and nothing after `close`",
      );
    }
    return await session.hold(work(session));
  }
}
