import { RevoError, type RevoErrorCode } from "../../src/errors.ts";
import type { StorageCapabilities, StorageIdentity } from "../../src/storage/capabilities.ts";
import type { IJobControl } from "../../src/storage/control.ts";
import type { EnqueueRequest, EnqueueResult } from "../../src/storage/enqueue.ts";
import type { ExchangeReply, ExchangeRequest } from "../../src/storage/exchange.ts";
import type {
  HeartbeatReply,
  HeartbeatRequest,
  ServerRegistration,
} from "../../src/storage/job-servers.ts";
import type { IJobStorage } from "../../src/storage/job-storage.ts";
import type { IJobMetrics } from "../../src/storage/metrics.ts";
import type { IJobMonitor } from "../../src/storage/monitor.ts";
import type { IJobReports } from "../../src/storage/reports.ts";
import type { IJobTransactions } from "../../src/storage/transactions.ts";
import type { IJobUpkeep } from "../../src/storage/upkeep.ts";
import type { IWakeUps } from "../../src/storage/wake-ups.ts";
import type { IClock } from "../../src/support/clock.ts";
import { delay } from "../../src/support/delay.ts";

/**
 * What may happen to a call. `before`: fails, nothing was done. `after`: done, and the reply is lost. `delay`: takes its time
 * before and after. `hang`: no answer before the deadline, done or not. `twice`: done two times, as when a driver repeats.
 */
export type Fault = "before" | "after" | "delay" | "hang" | "twice";

const allFaults: readonly Fault[] = ["before", "after", "delay", "hang", "twice"];

const unavailable: readonly RevoErrorCode[] = [
  "REVO_STORAGE_UNAVAILABLE",
  "REVO_STORAGE_TIMEOUT",
  "REVO_STORAGE_READ_ONLY",
  "REVO_STORAGE_FULL",
];

export interface FaultyStorageOptions {
  readonly clock: IClock;
  /** In [0, 1). */
  readonly fraction: () => number;
  /** Chance that a call meets a fault, 0..1. May be changed while it runs. */
  readonly rate?: number;
  readonly faults?: readonly Fault[];
  /** Calls that meet none, by name (`exchange`, `upkeep.prune`). */
  readonly spares?: readonly string[];
  /** Most items of one call. @defaultValue the storage's own */
  readonly maxBatch?: number;
  /** Whether the storage wakes this process. @defaultValue true */
  readonly push?: boolean;
  /** A hanging call ends after so long. @defaultValue 1000 */
  readonly deadlineMs?: number;
  /** @defaultValue 200 */
  readonly longestDelayMs?: number;
  /** Chance that a wake gets lost. @defaultValue as `rate` */
  readonly lostWakeRate?: number;
  /** Resolves while the process that owns this handle runs. @defaultValue always */
  readonly running?: () => Promise<void>;
}

/** One process's way to a storage, with faults by chance: the same numbers give the same faults. */
export class FaultyStorage implements IJobStorage {
  /** Chance that a call meets a fault. */
  rate: number;
  /** Every call fails, nothing is done. */
  isAway = false;
  /** Names of the calls that shall fail, whatever the chance: `exchange`, `upkeep.prune` … */
  readonly broken: Map<string, () => Error> = new Map();
  readonly capabilities: StorageCapabilities;
  readonly upkeep: IJobUpkeep;
  readonly control: IJobControl;
  readonly monitor: IJobMonitor;
  readonly wakeUps?: IWakeUps;
  readonly reports?: IJobReports;
  readonly metrics?: IJobMetrics;
  readonly transactions?: IJobTransactions<never>;
  readonly #inner: IJobStorage;
  readonly #options: FaultyStorageOptions;

  constructor(inner: IJobStorage, options: FaultyStorageOptions) {
    this.#inner = inner;
    this.#options = options;
    this.rate = options.rate ?? 0;
    const { maxBatch = inner.capabilities.maxBatch } = options;
    this.capabilities = { ...inner.capabilities, maxBatch };
    this.upkeep = this.#facet("upkeep", inner.upkeep);
    this.control = this.#facet("control", inner.control);
    this.monitor = this.#facet("monitor", inner.monitor);
    if (inner.wakeUps !== undefined && options.push !== false) {
      this.wakeUps = this.#wakeUps(inner.wakeUps);
    }
    if (inner.reports !== undefined) this.reports = this.#facet("reports", inner.reports);
    if (inner.transactions !== undefined) {
      this.transactions = this.#facet("transactions", inner.transactions);
    }
    if (inner.metrics !== undefined) this.metrics = this.#facet("metrics", inner.metrics);
  }

  async open(): Promise<StorageIdentity> {
    return await this.#inner.open();
  }

  /** The storage is shared by several processes: it stays open. */
  async close(): Promise<void> {}

  enqueue(request: EnqueueRequest): Promise<readonly EnqueueResult[]> {
    return this.#call("enqueue", (isRepeat) =>
      this.#inner.enqueue(isRepeat ? { ...request, mayExist: true } : request),
    );
  }

  /** Whoever repeats an exchange says so: without it a second claim under one token is a claim for more. */
  exchange(request: ExchangeRequest): Promise<ExchangeReply> {
    return this.#call("exchange", (isRepeat) =>
      this.#inner.exchange(isRepeat ? { ...request, repeat: true } : request),
    );
  }

  register(server: ServerRegistration): Promise<HeartbeatReply> {
    return this.#call("register", () => this.#inner.register(server));
  }

  heartbeat(request: HeartbeatRequest): Promise<HeartbeatReply> {
    return this.#call("heartbeat", () => this.#inner.heartbeat(request));
  }

  unregister(serverId: string): Promise<void> {
    return this.#call("unregister", () => this.#inner.unregister(serverId));
  }

  #facet<TFacet extends object>(name: string, facet: TFacet): TFacet {
    return new Proxy(facet, {
      get: (target, key) => {
        const method: unknown = Reflect.get(target, key);
        if (typeof method !== "function") return method;
        return (...values: unknown[]) =>
          this.#call(
            `${name}.${String(key)}`,
            async () => (await Reflect.apply(method, target, values)) as unknown,
          );
      },
    });
  }

  #wakeUps(inner: IWakeUps): IWakeUps {
    const { fraction, lostWakeRate } = this.#options;
    return {
      kind: inner.kind,
      listen: ({ serverId, onWake }) =>
        this.#call("wakeUps.listen", () =>
          inner.listen({
            serverId,
            onWake: (cause) => {
              if (this.isAway || fraction() < (lostWakeRate ?? this.rate)) return;
              void this.#running().then(() => onWake(cause));
            },
          }),
        ),
    };
  }

  async #call<TReply>(name: string, run: (isRepeat: boolean) => Promise<TReply>): Promise<TReply> {
    await this.#running();
    const broken = this.broken.get(name);
    if (broken !== undefined) throw broken();
    if (this.isAway)
      throw new RevoError("REVO_STORAGE_UNAVAILABLE", `${name}: the storage is away`);
    const reply = await this.#meet(name, run);
    await this.#running();
    return reply;
  }

  async #meet<TReply>(name: string, run: (isRepeat: boolean) => Promise<TReply>): Promise<TReply> {
    const { clock, deadlineMs = 1_000 } = this.#options;
    switch (this.#nextFault(name)) {
      case null:
        return await run(false);
      case "before":
        throw new RevoError(this.#pick(unavailable), `${name}: nothing was done`);
      case "after":
        await run(false);
        throw unknownOutcome(name);
      case "delay": {
        await delay(clock, this.#someDelayMs());
        const reply = await run(false);
        await delay(clock, this.#someDelayMs());
        return reply;
      }
      case "hang":
        if (this.#options.fraction() < 0.5) {
          await delay(clock, this.#someDelayMs());
          await run(false);
        }
        await delay(clock, deadlineMs);
        throw unknownOutcome(name);
      case "twice":
        await run(false);
        return await run(true);
    }
  }

  #nextFault(name: string): Fault | null {
    const { fraction, faults = allFaults, spares = [] } = this.#options;
    if (this.rate === 0 || spares.includes(name) || fraction() >= this.rate) return null;
    return this.#pick(faults);
  }

  #pick<T>(values: readonly T[]): T {
    return values[Math.floor(this.#options.fraction() * values.length)] as T;
  }

  #someDelayMs(): number {
    return Math.ceil(this.#options.fraction() * (this.#options.longestDelayMs ?? 200));
  }

  #running(): Promise<void> {
    return this.#options.running?.() ?? Promise.resolve();
  }
}

function unknownOutcome(name: string): RevoError {
  return new RevoError("REVO_STORAGE_OUTCOME_UNKNOWN", `${name}: the reply was lost`);
}
