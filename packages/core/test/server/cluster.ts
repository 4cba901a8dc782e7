import { RevoConfiguration } from "../../src/configuration/revo-configuration.ts";
import type { JobsSection } from "../../src/configuration/jobs-section.ts";
import type { Revo } from "../../src/configuration/revo.ts";
import type { RevoEventName, RevoEvents } from "../../src/events/job-events.ts";
import type { JobRecord } from "../../src/job/job-record.ts";
import type { JobServerOptions } from "../../src/server/server-options.ts";
import type { IJobStorage } from "../../src/storage/job-storage.ts";
import { silentLogger } from "../../src/support/logger.ts";
import { ManualClock } from "../../src/support/manual-clock.ts";
import type { IRandom } from "../../src/support/random.ts";
import { MemoryJobStorage } from "../../../memory/src/index.ts";
import { FaultyStorage } from "../support/faulty-storage.ts";
import { ProcessClock } from "../support/process-clock.ts";

/** No chance at all: every jitter is in its middle. */
class FixedRandom implements IRandom {
  #tokens = 0;
  readonly #prefix: number;

  constructor(prefix: number) {
    this.#prefix = prefix;
  }

  fraction(): number {
    return 0.5;
  }

  token(): string {
    return String(this.#prefix * 1_000_000 + ++this.#tokens);
  }
}

export interface MemberOptions {
  readonly jobs: (jobs: JobsSection) => void;
  /** Absent: the defaults, with one difference: signals of the process are not listened to. */
  readonly server?: JobServerOptions;
  readonly configure?: (configuration: RevoConfiguration) => void;
  /** Stands between this process and the shared storage. */
  readonly wrap?: (storage: IJobStorage) => IJobStorage;
  /** Is given the process's clock before anything runs in it. */
  readonly onClock?: (clock: ProcessClock) => void;
}

/** One process of a cluster. */
export interface Member {
  readonly revo: Revo;
  /** This process's way to the storage: cut it, slow it, break it. */
  readonly storage: FaultyStorage;
  readonly clock: ProcessClock;
  /** Everything this process told, in order. */
  readonly told: readonly (readonly [RevoEventName, RevoEvents[RevoEventName]])[];
  /** The process ends without a word. */
  kill(): void;
}

const listened: readonly RevoEventName[] = [
  "job.enqueued",
  "job.started",
  "job.succeeded",
  "job.retried",
  "job.failed",
  "job.released",
  "job.deleted",
  "job.lease-lost",
  "job.stuck",
  "job.backoff-invalid",
  "server.started",
  "server.stopped",
  "server.lease-lost",
  "server.recovered",
  "loop.failed",
  "loop.recovered",
  "storage.reset",
];

/** Job servers on one memory storage and one clock that stands still until it is told to move. */
export class Cluster implements AsyncDisposable {
  readonly clock: ManualClock = new ManualClock();
  readonly memory: MemoryJobStorage = new MemoryJobStorage({ clock: this.clock });
  /** Longest step in which `advance` moves time on, in milliseconds. */
  stepMs = 50;
  readonly #members: Member[] = [];

  static async open(): Promise<Cluster> {
    const cluster = new Cluster();
    await cluster.memory.open();
    return cluster;
  }

  async start(options: MemberOptions): Promise<Member> {
    const clock = new ProcessClock(this.clock);
    options.onClock?.(clock);
    const storage = new FaultyStorage(options.wrap?.(this.memory) ?? this.memory, {
      clock,
      fraction: () => 0.5,
      running: () => clock.running(),
    });
    const told: (readonly [RevoEventName, RevoEvents[RevoEventName]])[] = [];
    const configuration = new RevoConfiguration()
      .useClock(clock)
      .useRandom(new FixedRandom(this.#members.length + 1))
      .useLogger(silentLogger)
      .useJobs(
        () => storage,
        (jobs) => {
          jobs.server({ signals: false, ...options.server });
          options.jobs(jobs);
        },
      );
    options.configure?.(configuration);
    const revo = await configuration.start();
    for (const name of listened) revo.events.on(name, (event) => told.push([name, event]));
    const member = { revo, storage, clock, told, kill: () => clock.kill() };
    this.#members.push(member);
    await this.settle();
    return member;
  }

  /** Lets everything go on that needs no time. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 12; turn++) {
      await (turn % 4 === 3
        ? this.clock.advance(0)
        : new Promise((resolve) => setImmediate(resolve)));
    }
  }

  /** Moves time on in small steps, so that what a timer starts has ended before the next fires. */
  async advance(byMs: number): Promise<void> {
    await this.settle();
    for (let leftMs = byMs; leftMs > 0; leftMs -= this.stepMs) {
      await this.clock.advance(Math.min(this.stepMs, leftMs));
      await this.settle();
    }
  }

  /** Moves time on until this is so. @returns How long it took, to one step. */
  async until(isSo: () => boolean | Promise<boolean>, limitMs = 120_000): Promise<number> {
    const startedMs = this.clock.monotonicMs();
    await this.settle();
    while (!(await isSo())) {
      if (this.clock.monotonicMs() - startedMs >= limitMs) {
        throw new Error(`not so after ${limitMs} ms: ${isSo.toString()}`);
      }
      await this.advance(this.stepMs);
    }
    return this.clock.monotonicMs() - startedMs;
  }

  async record(id: string): Promise<JobRecord> {
    const [record] = await this.memory.monitor.get([id]);
    if (record === undefined || record === null) throw new Error(`no job ${id}`);
    return record;
  }

  /** Of every job stored, in the order of their ids. */
  async states(): Promise<readonly string[]> {
    const { jobs } = await this.memory.monitor.find({
      filter: {},
      order: "oldest",
      limit: 1_000,
      scanLimit: 10_000,
      detail: "summary",
    });
    return jobs.map(({ state, reason }) => (reason === undefined ? state : `${state} ${reason}`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const stops = Promise.all(
      this.#members.filter(({ clock }) => !clock.isDead).map(({ revo }) => revo.stop()),
    );
    const end = { reached: false };
    void stops.then(() => (end.reached = true));
    for (let turn = 0; turn < 1_000 && !end.reached; turn++) await this.advance(this.stepMs);
    await stops;
  }
}

/** The events of one kind that a process told. */
export function toldBy<TName extends RevoEventName>(
  member: Member,
  name: TName,
): readonly RevoEvents[TName][] {
  return member.told
    .filter(([told]) => told === name)
    .map(([, event]) => event as RevoEvents[TName]);
}

/** Something to wait for that others bring about. */
export interface Signal {
  readonly promise: Promise<void>;
  readonly fire: () => void;
}

export function aSignal(): Signal {
  const resolvers: (() => void)[] = [];
  const promise = new Promise<void>((resolve) => resolvers.push(resolve));
  return { promise, fire: () => resolvers.forEach((resolve) => resolve()) };
}

/** Resolves when the signal fires. */
export function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** A storage that wakes nobody. */
export function withoutWakeUps(storage: IJobStorage): IJobStorage {
  return new Proxy(storage, {
    get: (target, key) => {
      if (key === "wakeUps") return undefined;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** The storage's members as plain properties, so that single ones can be replaced. */
export function facetsOf(storage: IJobStorage): IJobStorage {
  return {
    capabilities: storage.capabilities,
    upkeep: storage.upkeep,
    control: storage.control,
    monitor: storage.monitor,
    ...(storage.wakeUps !== undefined && { wakeUps: storage.wakeUps }),
    ...(storage.reports !== undefined && { reports: storage.reports }),
    ...(storage.metrics !== undefined && { metrics: storage.metrics }),
    open: () => storage.open(),
    close: () => storage.close(),
    enqueue: (request) => storage.enqueue(request),
    exchange: (request) => storage.exchange(request),
    register: (server) => storage.register(server),
    heartbeat: (request) => storage.heartbeat(request),
    unregister: (serverId) => storage.unregister(serverId),
  };
}
