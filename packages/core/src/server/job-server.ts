import { RevoError } from "../errors.ts";
import { outsideScopes } from "../handlers/execution-scope.ts";
import { newJobId } from "../job/job-id.ts";
import type { HeartbeatReply } from "../storage/job-servers.ts";
import type { IWakeUps } from "../storage/wake-ups.ts";
import type { Attempt } from "./attempt.ts";
import { Exchanger } from "./exchanger.ts";
import { HeldJobs } from "./held-jobs.ts";
import { buildPipelines } from "./job-pipeline.ts";
import { JobRunner } from "./job-runner.ts";
import type { JobServerParts } from "./job-server-parts.ts";
import { LeaseKeeper } from "./lease-keeper.ts";
import { Loop } from "./loop.ts";
import { MetricsRecorder } from "./metrics-recorder.ts";
import type { PushKind } from "./poll-delay.ts";
import { Prefetch } from "./prefetch.ts";
import { Recovery } from "./recovery.ts";
import { ReportBuffer } from "./report-buffer.ts";
import { serverInfo, type ServerHealth } from "./server-health.ts";
import { SettlementEvents } from "./settlement-events.ts";
import { Slots } from "./slots.ts";
import { Upkeep } from "./upkeep.ts";
import { within } from "./within.ts";

/** How long a stop waits for handlers after their signal fired, in milliseconds. */
const ABORT_WAIT_MS = 1_000;
/** How long it waits for the storage to take the last settlements, and the goodbye. */
const LAST_WORDS_MS = 5_000;
/** Reports gather for so long. */
const REPORT_AFTER_MS = 500;

type WakeCause = Parameters<Parameters<IWakeUps["listen"]>[0]["onWake"]>[0];

/** Claims jobs and runs them. Knows all parts and only wires them: what is decided is decided in theirs. */
export class JobServer {
  readonly #parts: JobServerParts;
  readonly #slots: Slots;
  readonly #prefetch: Prefetch;
  readonly #held: HeldJobs;
  readonly #exchanger: Exchanger;
  readonly #lease: LeaseKeeper;
  readonly #reports: ReportBuffer;
  readonly #upkeep: Upkeep;
  readonly #recovery: Recovery;
  readonly #settlements: SettlementEvents;
  readonly #loops: Readonly<
    Record<"heartbeat" | "recovery" | "wake-ups" | "upkeep" | "reports", Loop>
  >;
  readonly #outsideScopes = outsideScopes();
  #listening: { close(): Promise<void> } | null = null;
  #state: ServerHealth["state"] = "new";
  #stopping: Promise<void> | null = null;

  constructor(parts: JobServerParts) {
    this.#parts = parts;
    const { storage, events, options } = parts;
    const metrics = new MetricsRecorder(() => this.#lease.storageNowMs);
    this.#slots = new Slots(options);
    this.#prefetch = new Prefetch(options.concurrency, options.maxPrefetch);
    this.#settlements = new SettlementEvents(events, metrics);
    this.#upkeep = new Upkeep(storage, metrics);
    const failedRetainMs = parts.defaults.retention.failedMs;
    this.#recovery = new Recovery({ storage, events, failedRetainMs });
    this.#reports = new ReportBuffer({
      reports: storage.reports ?? null,
      events,
      maxBatch: storage.capabilities.maxBatch,
      // Called from within a handler, in whose scope the timer must not stay.
      onDirty: () => this.#outsideScopes(() => this.#loops.reports.wakeIn(REPORT_AFTER_MS)),
    });
    this.#lease = this.#makeLeaseKeeper();
    this.#held = this.#makeHeldJobs();
    this.#exchanger = this.#makeExchanger();
    this.#loops = {
      heartbeat: this.#makeLoop("heartbeat", () => this.#lease.beat()),
      recovery: this.#makeLoop("recovery", () => this.#recovery.recover()),
      "wake-ups": this.#makeLoop("wake-ups", () => this.#listen()),
      upkeep: this.#makeLoop("upkeep", () => this.#upkeep.step()),
      reports: this.#makeLoop("reports", () => this.#reports.flush()),
    };
  }

  /** The id under which this server claims now; another one after each lost lease. */
  get serverId(): string {
    return this.#lease.serverId;
  }

  /** Makes itself known to the storage and claims. */
  async start(): Promise<void> {
    await this.prepare();
    this.claim();
  }

  /** Makes itself known to the storage; nothing is claimed before `claim`. */
  async prepare(): Promise<void> {
    await this.#lease.register();
    if (this.#stopping !== null) {
      await this.#lease.unregister();
      return;
    }
    this.#state = "running";
    this.#outsideScopes(() => {
      const { heartbeat, ...others } = this.#loops;
      heartbeat.start(this.#parts.options.beatMs);
      for (const loop of Object.values(others)) loop.start();
    });
    this.#parts.events.emit("server.started", { serverId: this.serverId });
  }

  /** From the next turn of the event loop on jobs are claimed. */
  claim(): void {
    if (this.#state === "running") this.#outsideScopes(() => this.#exchanger.startClaiming());
  }

  /**
   * Stops claiming, gives back what has not started, lets running jobs go on for the grace, then fires their signals, releases
   * what still has not ended (its attempt refunded) and says goodbye. Twice is once.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** Ids of the jobs that run now. */
  runningJobs(): readonly string[] {
    return [...this.#slots.running].map(({ job }) => job.id);
  }

  health(): ServerHealth {
    return {
      serverId: this.#state === "new" ? null : this.serverId,
      state: this.#state,
      lease: this.#leaseHealth(),
      push: this.#push() === "none" ? "poll" : "push",
      running: this.#slots.running.size,
      waiting: this.#slots.waiting,
      unsettled: this.#exchanger.unsettled,
      prefetch: this.#prefetch.target,
      roundTripMs: this.#prefetch.roundTripMs,
      loops: [this.#exchanger.health(), ...Object.values(this.#loops).map((loop) => loop.health())],
    };
  }

  #leaseHealth(): ServerHealth["lease"] {
    if (this.#state === "new" || this.#state === "stopped") return "none";
    if (!this.#lease.isHeld) return "lost";
    return this.#lease.isTrustedAt(this.#parts.clock.monotonicMs()) ? "held" : "uncertain";
  }

  async #stop(): Promise<void> {
    if (this.#state === "new") {
      this.#state = "stopped";
      return;
    }
    const { clock, options, events } = this.#parts;
    this.#state = "stopping";
    this.#exchanger.stopClaiming();
    this.#held.giveBackWaiting("shutdown");
    await this.#held.idleWithin(options.graceMs);
    this.#held.abortAll(new RevoError("REVO_SHUTDOWN", "The job server is stopping"));
    await this.#held.idleWithin(ABORT_WAIT_MS);
    this.#held.giveUpAll();
    await within(clock, LAST_WORDS_MS, this.#exchanger.drained());
    this.#exchanger.close();
    // A storage that is away must not keep the process from ending: others will see the beat stand still.
    await within(clock, LAST_WORDS_MS, this.#sayGoodbye());
    this.#lease.close();
    this.#state = "stopped";
    events.emit("server.stopped", { serverId: this.serverId });
  }

  /** What fails of it is left undone: nobody is there to try it again. */
  async #sayGoodbye(): Promise<void> {
    await Promise.all(Object.values(this.#loops).map((loop) => loop.stop()));
    await Promise.allSettled([
      this.#lease.unregister(),
      this.#upkeep.putMetrics(),
      this.#listening?.close(),
    ]);
  }

  /** Wakes are for one id: under a new one this server listens anew. Until it listens it polls. */
  async #listen(): Promise<number> {
    const { wakeUps } = this.#parts.storage;
    const before = this.#listening;
    this.#listening = null;
    await before?.close();
    if (wakeUps !== undefined) {
      this.#listening = await wakeUps.listen({
        serverId: this.serverId,
        onWake: (cause) => this.#outsideScopes(() => this.#woken(cause)),
      });
      this.#exchanger.wake();
    }
    return Number.POSITIVE_INFINITY;
  }

  #woken(cause: WakeCause): void {
    if (cause !== "control") this.#exchanger.wake();
    if (cause === "control" || cause === "gap") this.#loops.heartbeat.wake();
  }

  #obey(desired: HeartbeatReply["desired"]): void {
    if (desired === "stop") {
      void this.stop();
    } else if (desired === "quiet" && this.#state === "running") {
      this.#state = "quiet";
      this.#exchanger.stopClaiming();
      this.#held.giveBackWaiting("quiet");
    } else if (desired === "run" && this.#state === "quiet") {
      this.#state = "running";
      this.#exchanger.startClaiming();
    }
  }

  #push(): PushKind {
    return this.#listening === null ? "none" : (this.#parts.storage.wakeUps?.kind ?? "none");
  }

  #makeLeaseKeeper(): LeaseKeeper {
    const { storage, clock, events, options } = this.#parts;
    const { leaseMs, beatMs } = options;
    return new LeaseKeeper({
      storage,
      clock,
      events,
      leaseMs,
      beatMs,
      newServerId: newJobId,
      info: () => serverInfo(options, this.#slots.running.size, this.#loops.heartbeat.lagMs),
      onRegistered: () => this.#loops["wake-ups"].wake(),
      onLost: (serverId) => this.#held.leaseLost(serverId),
      onUncertain: () => this.#held.leaseUncertain(),
      onTrusted: () => this.#trusted(),
      onDeletions: (jobIds) => this.#held.delete(jobIds),
      onDesired: (desired) => this.#obey(desired),
      onDead: (peers) => {
        this.#recovery.add(peers);
        this.#loops.recovery.wake();
      },
    });
  }

  #makeHeldJobs(): HeldJobs {
    const { storage, registry, clock, random, events, logger, options, maxPayloadBytes } =
      this.#parts;
    const runner = new JobRunner({
      pipelines: buildPipelines({ ...this.#parts, killGraceMs: options.killGraceMs }),
      services: {
        clock,
        logger,
        reports: this.#reports,
        transactions: storage.transactions ?? null,
        maxResultBytes: maxPayloadBytes,
        storageName: storage.capabilities.name,
      },
      random,
      events,
      onEnd: (attempt) => this.#ended(attempt),
    });
    return new HeldJobs(
      {
        slots: this.#slots,
        registry,
        clock,
        killGraceMs: options.killGraceMs,
        mayStart: (nowMs) => this.#lease.isTrustedAt(nowMs),
        settle: (attempt) => this.#exchanger.settle(attempt),
        markStarting: (attempt) => this.#exchanger.markStarting(attempt),
      },
      runner,
    );
  }

  #ended(attempt: Attempt): void {
    if (attempt.startedMs >= 0) this.#prefetch.observeRun(attempt.runMs);
    this.#held.ended(attempt);
  }

  /** At each beat: what was held back while the lease was uncertain goes on, what waits too long behind slow jobs goes back. */
  #trusted(): void {
    this.#held.fillSlots(this.#parts.clock.monotonicMs());
    const stalledMs = this.#held.giveBackStalled();
    if (stalledMs > 0) this.#prefetch.observeStall(stalledMs);
    this.#exchanger.reconsider();
  }

  /** Why claimed jobs are given back at once; `null`: they are taken. */
  #refusal(serverId: string): string | null {
    if (this.#state !== "running") return "shutdown";
    return serverId === this.serverId && this.#lease.isHeld ? null : "lease-lost";
  }

  #makeExchanger(): Exchanger {
    const { storage, clock, random, events, options } = this.#parts;
    const { maxBatch } = storage.capabilities;
    const isTrusted = (): boolean => this.#lease.isTrustedAt(clock.monotonicMs());
    return new Exchanger({
      storage,
      clock,
      random,
      events,
      pollMs: options.pollMs,
      serverId: () => this.#lease.serverId,
      push: () => this.#push(),
      demand: (eager) =>
        isTrusted() ? this.#slots.demand(this.#prefetch.target, maxBatch, eager) : null,
      isHungry: () => this.#slots.isHungry,
      requested: (claim, by) => this.#slots.requested(claim, by),
      onRoundTrip: (ms) => this.#prefetch.observeRoundTrip(ms),
      onClaimed: (jobs, token, serverId) =>
        this.#held.take(jobs, { token, serverId, refusal: this.#refusal(serverId) }),
      onSettled: (attempt, status) => this.#settlements.settled(attempt, status),
      onStartMarked: (attempt) => this.#held.startMarked(attempt),
      onLeaseLost: (serverId) => {
        this.#lease.lost(serverId);
        this.#loops.heartbeat.wake();
      },
      flushReports: (attempts) => this.#reports.flushOf(attempts),
    });
  }

  #makeLoop(name: string, step: () => Promise<number>): Loop {
    const { clock, random, events } = this.#parts;
    return new Loop({ name, clock, random, events, step });
  }
}
