import { makeJobType } from "../../src/configuration/job-type-factory.ts";
import { RevoError } from "../../src/errors.ts";
import { EventHub } from "../../src/events/event-hub.ts";
import { DefaultActivator } from "../../src/handlers/default-activator.ts";
import { job } from "../../src/handlers/define-job.ts";
import type { JobContext } from "../../src/handlers/job-context.ts";
import { JobTypeRegistry } from "../../src/handlers/job-type-registry.ts";
import { newJobId } from "../../src/job/job-id.ts";
import type { JobRecord } from "../../src/job/job-record.ts";
import { isFinal } from "../../src/job/job-state.ts";
import { defaultTypeOptions, type JobTypeOptions } from "../../src/job/job-options.ts";
import { JobScheduler } from "../../src/scheduler/scheduler.ts";
import { JobServer } from "../../src/server/job-server.ts";
import { resolveServerOptions, type JobServerOptions } from "../../src/server/server-options.ts";
import type { IJobStorage } from "../../src/storage/job-storage.ts";
import { delay } from "../../src/support/delay.ts";
import { silentLogger } from "../../src/support/logger.ts";
import { ManualClock } from "../../src/support/manual-clock.ts";
import { MemoryJobStorage } from "../../../memory/src/index.ts";
import { FaultyStorage, type Fault } from "../support/faulty-storage.ts";
import { ProcessClock } from "../support/process-clock.ts";
import { SeededRandom } from "../support/seeded-random.ts";
import { Truth } from "./simulated-storage.ts";

/** What a simulated job does when it runs. */
export interface Script {
  /** Length of each run, in milliseconds; 0: ends at once. */
  readonly ms: number;
  /** So many runs throw. */
  readonly throws: number;
  /** Goes on, whatever its signal says. */
  readonly stubborn: boolean;
  /** Its process dies with each run, halfway. */
  readonly kills: boolean;
}

export interface SimulatedJob extends Script {
  readonly id: string;
  readonly type: string;
  /** What the enqueuer was told: stored, unknown, or refused. */
  told: "pending" | "stored" | "unknown" | "refused";
  runs: number;
}

/** One process with one job server, from its start to its end. */
export class SimulatedProcess {
  readonly name: string;
  readonly clock: ProcessClock;
  readonly storage: FaultyStorage;
  readonly server: JobServer;
  readonly types: readonly string[];
  readonly live: Set<string> = new Set();
  isStopped = false;

  constructor(parts: Pick<SimulatedProcess, "name" | "clock" | "storage" | "server" | "types">) {
    this.name = parts.name;
    this.clock = parts.clock;
    this.storage = parts.storage;
    this.server = parts.server;
    this.types = parts.types;
  }

  get isDead(): boolean {
    return this.clock.isDead;
  }

  kill(): void {
    this.clock.kill();
    this.live.clear();
  }
}

export interface WorldOptions {
  readonly seed: number;
  /** Whether the storage wakes servers. @defaultValue true */
  readonly push?: boolean;
  /** Most items of one call. @defaultValue the storage's own */
  readonly maxBatch?: number;
  readonly faults?: readonly Fault[];
  readonly types?: Readonly<Record<string, JobTypeOptions>>;
}

/** Retries come soon, so that a simulation ends. */
const soon: JobTypeOptions = { retry: { kind: "fixed", delay: 200 }, maxCrashes: 100 };
export const workTypes: Readonly<Record<string, JobTypeOptions>> = {
  work: soon,
  exclusive: { ...soon, exclusive: true },
  limited: { ...soon, timeout: 400 },
  fragile: { ...soon, maxCrashes: 0 },
  pill: { ...soon, maxCrashes: 3 },
  stranger: soon,
};

/** Several processes on one storage, one clock, one source of chance: the same seed plays the same history. */
export class World {
  readonly clock: ManualClock = new ManualClock();
  readonly random: SeededRandom;
  readonly truth: Truth = new Truth();
  readonly memory: MemoryJobStorage;
  readonly shared: IJobStorage;
  readonly processes: SimulatedProcess[] = [];
  readonly jobs: Map<string, SimulatedJob> = new Map();
  readonly violations: string[];
  readonly options: WorldOptions;
  /** The old release is gone: whoever starts knows every type. */
  isCalm = false;
  /** A job has killed its process. */
  onDeath: () => void = () => {};
  /** Chance of a fault, for processes to come as well. */
  #rate = 0;
  #born = 0;

  constructor(options: WorldOptions) {
    this.options = options;
    this.random = new SeededRandom(options.seed);
    this.memory = new MemoryJobStorage({
      clock: this.clock,
      maxFinished: 1_000_000,
      storageId: "simulation",
    });
    this.shared = this.truth.watch(this.memory);
    this.violations = this.truth.violations;
  }

  async open(): Promise<void> {
    await this.memory.open();
  }

  get types(): Readonly<Record<string, JobTypeOptions>> {
    return this.options.types ?? workTypes;
  }

  get alive(): readonly SimulatedProcess[] {
    return this.processes.filter(({ isDead, isStopped }) => !isDead && !isStopped);
  }

  set faultRate(rate: number) {
    this.#rate = rate;
    for (const { storage } of this.processes) storage.rate = rate;
  }

  set isAway(isAway: boolean) {
    for (const { storage } of this.processes) storage.isAway = isAway;
  }

  handleFor(clock: ProcessClock, spares: readonly string[] = []): FaultyStorage {
    return new FaultyStorage(this.shared, {
      clock,
      fraction: () => this.random.fraction(),
      rate: this.#rate,
      running: () => clock.running(),
      spares,
      ...(this.options.push !== undefined && { push: this.options.push }),
      ...(this.options.maxBatch !== undefined && { maxBatch: this.options.maxBatch }),
      ...(this.options.faults !== undefined && { faults: this.options.faults }),
    });
  }

  /** Starts a process; a start that fails is tried again, as an orchestrator does. */
  start(options: JobServerOptions, types: Readonly<Record<string, JobTypeOptions>>): void {
    const name = `p${++this.#born}`;
    const speed = 1 + (this.random.fraction() - 0.5) / 100;
    const clock = new ProcessClock(this.clock, {
      skewMs: this.random.integer(-3_600_000, 3_600_000),
      speed,
    });
    const storage = this.handleFor(clock);
    const registry = new JobTypeRegistry();
    let process: SimulatedProcess | null = null;
    for (const [type, typeOptions] of Object.entries(types)) {
      const definition = job(type, async (payload: { id: string }, context) => {
        if (process !== null) await this.#run(process, payload.id, context);
      });
      registry.add(
        makeJobType(
          { job: definition, handler: null, options: typeOptions, declaredOnly: false },
          defaultTypeOptions,
        ),
      );
    }
    const server = new JobServer({
      storage,
      registry,
      activator: new DefaultActivator(),
      middleware: [],
      carriers: [],
      events: new EventHub(),
      clock,
      random: this.random,
      logger: silentLogger,
      options: resolveServerOptions(options),
      defaults: defaultTypeOptions,
      maxPayloadBytes: 1024 * 1024,
    });
    process = new SimulatedProcess({ name, clock, storage, server, types: Object.keys(types) });
    this.processes.push(process);
    const born = process;
    server.start().catch(() => {
      born.kill();
      void delay(this.clock, 100).then(() => {
        this.start(options, this.isCalm ? this.types : types);
      });
    });
  }

  async stop(process: SimulatedProcess): Promise<void> {
    await process.server.stop();
    process.isStopped = true;
    if (process.clock.isDead) return;
    if (process.live.size > 0 && ![...process.live].every((id) => this.#job(id).stubborn)) {
      this.violations.push(`${process.name} stopped while jobs that obey still ran`);
    }
  }

  /** Enqueues as a process of its own does. */
  async enqueue(
    script: Script & { readonly type: string; readonly delayMs: number },
  ): Promise<void> {
    const clock = new ProcessClock(this.clock);
    const registry = new JobTypeRegistry();
    const definition = job(script.type, (_payload: { id: string }) => {});
    registry.add(
      makeJobType(
        {
          job: definition,
          handler: null,
          options: this.types[script.type] ?? {},
          declaredOnly: true,
        },
        defaultTypeOptions,
      ),
    );
    const scheduler = new JobScheduler({
      // What an enqueue tells is judged; the comparison that follows an id stored before is not part of it.
      storage: this.handleFor(clock, ["monitor.get"]),
      registry,
      events: new EventHub(),
      clock,
      captureHeaders: () => null,
      maxPayloadBytes: 1024 * 1024,
      retention: defaultTypeOptions.retention,
      redact: [],
      isClosed: () => false,
    });
    const id = newJobId();
    const simulated: SimulatedJob = { ...script, id, told: "pending", runs: 0 };
    this.jobs.set(id, simulated);
    try {
      await scheduler.enqueueJob(definition, { id }, { id, delay: script.delayMs });
      simulated.told = "stored";
    } catch (error) {
      const isUnknown = error instanceof RevoError && error.code === "REVO_STORAGE_OUTCOME_UNKNOWN";
      simulated.told = isUnknown ? "unknown" : "refused";
    }
  }

  async records(): Promise<readonly JobRecord[]> {
    const ids = [...this.jobs.keys()];
    const records: JobRecord[] = [];
    for (let start = 0; start < ids.length; start += 500) {
      for (const record of await this.memory.monitor.get(ids.slice(start, start + 500))) {
        if (record !== null) records.push(record);
      }
    }
    return records;
  }

  /** Whether every enqueue is answered and every job done; but for jobs of this type. */
  async isQuiet(except?: string): Promise<boolean> {
    if ([...this.jobs.values()].some(({ told }) => told === "pending")) return false;
    return (await this.records()).every(({ state, type }) => type === except || isFinal(state));
  }

  #job(id: string): SimulatedJob {
    const simulated = this.jobs.get(id);
    if (simulated === undefined) throw new Error(`nobody enqueued ${id}`);
    return simulated;
  }

  async #run(process: SimulatedProcess, id: string, context: JobContext): Promise<void> {
    const simulated = this.#job(id);
    this.#checkRun(process, simulated, context);
    simulated.runs += 1;
    process.live.add(id);
    context.progress(0.5);
    context.log.info("runs");
    try {
      if (simulated.ms > 0) {
        const obeyed = simulated.stubborn ? undefined : context.signal;
        await delay(process.clock, simulated.ms, obeyed);
        if (simulated.kills && !process.isDead) {
          process.kill();
          this.onDeath();
        }
        await process.clock.running();
        obeyed?.throwIfAborted();
      }
      if (this.truth.of(id).failures < simulated.throws) throw new Error("as its script says");
    } finally {
      process.live.delete(id);
    }
  }

  #checkRun(process: SimulatedProcess, simulated: SimulatedJob, context: JobContext): void {
    const { id, stubborn } = simulated;
    const truth = this.truth.of(id);
    const where = `job ${id} (${simulated.type}) in ${process.name} at ${this.clock.monotonicMs()}`;
    if (process.isDead) this.violations.push(`${where}: a dead process runs it`);
    if (process.isStopped) this.violations.push(`${where}: a stopped server runs it`);
    if (truth.successes > 0) this.violations.push(`I2: ${where}: run after its success`);
    if (truth.deleted) this.violations.push(`I15: ${where}: run after its deletion`);
    if (process.live.has(id) && !stubborn) this.violations.push(`I3: ${where}: runs here already`);
    if (context.signal.aborted) this.violations.push(`${where}: begins with a fired signal`);
    const others = this.processes.filter(
      (other) => other !== process && !other.isDead && other.live.has(id),
    );
    if (others.length > 0 && truth.grants - truth.refunds - truth.ends > 1) {
      this.violations.push(`I3: ${where}: leased twice`);
    }
    // A process that is frozen cannot obey, and a handler that does not look at its signal does not.
    const isHeeded = !stubborn && others.some(({ clock }) => !clock.isStunned);
    if (isHeeded && simulated.type === "exclusive") {
      this.violations.push(`I3: ${where}: an exclusive job runs elsewhere`);
    }
  }
}
