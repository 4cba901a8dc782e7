import { RevoError } from "../errors.ts";
import { outsideScopes } from "../handlers/execution-scope.ts";
import { newJobId } from "../job/job-id.ts";
import type { ClaimedJob, SettleStatus } from "../storage/exchange.ts";
import type { HeartbeatReply } from "../storage/job-servers.ts";
import type { AttemptServices } from "./attempt-context.ts";
import { Attempt } from "./attempt.ts";
import { Exchanger } from "./exchanger.ts";
import { buildPipelines, type JobPipeline } from "./job-pipeline.ts";
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
import { unknownTypeOutcome } from "./unknown-type.ts";
import { Upkeep } from "./upkeep.ts";

/** How long a stop waits for handlers after their signal fired, and for the last settlements, in milliseconds. */
const ABORT_WAIT_MS = 1_000;
const LAST_SETTLE_WAIT_MS = 5_000;

/**
 * Claims jobs and runs them. This file knows all parts and only wires them: what is decided is decided in theirs.
 */
export class JobServer {
  readonly #parts: JobServerParts;
  readonly #slots: Slots;
  readonly #prefetch: Prefetch;
  readonly #exchanger: Exchanger;
  readonly #runner: JobRunner;
  readonly #lease: LeaseKeeper;
  readonly #reports: ReportBuffer;
  readonly #metrics: MetricsRecorder;
  readonly #upkeep: Upkeep;
  readonly #recovery: Recovery;
  readonly #loops: readonly Loop[];
  readonly #heartbeats: Loop;
  readonly #recoveries: Loop;
  readonly #settlements: SettlementEvents;
  readonly #outsideScopes = outsideScopes();
  #listening: { close(): Promise<void> } | null = null;
  #state: "new" | "running" | "quiet" | "stopping" | "stopped" = "new";
  #pumping = false;
  #stopping: Promise<void> | null = null;
  #onIdle: (() => void) | null = null;

  constructor(parts: JobServerParts) {
    this.#parts = parts;
    const { storage, random, events, options } = parts;
    this.#slots = new Slots(options);
    this.#prefetch = new Prefetch(options.concurrency, options.maxPrefetch);
    this.#metrics = new MetricsRecorder(() => this.#lease.storageNowMs);
    this.#settlements = new SettlementEvents(events, this.#metrics);
    this.#recovery = new Recovery({
      storage,
      events,
      failedRetainMs: parts.defaults.retention.failedMs,
    });
    this.#upkeep = new Upkeep(storage, this.#metrics, () => this.#lease.serverId);
    const reporting = new Loop({
      ...this.#loop("reports"),
      step: () => this.#reports.flush(),
    });
    this.#reports = new ReportBuffer({
      reports: storage.reports ?? null,
      events,
      maxBatch: storage.capabilities.maxBatch,
      onDirty: () => reporting.wakeIn(500),
    });
    this.#lease = this.#makeLeaseKeeper();
    this.#runner = new JobRunner({
      pipelines: this.#pipelines(),
      services: this.#services(),
      random,
      events,
      onEnd: (attempt) => this.#ended(attempt),
    });
    this.#exchanger = this.#makeExchanger();
    this.#heartbeats = new Loop({
      ...this.#loop("heartbeat"),
      step: () => this.#lease.beat(),
    });
    this.#recoveries = new Loop({
      ...this.#loop("recovery"),
      step: () => this.#recovery.recover(),
    });
    const upkeep = new Loop({ ...this.#loop("upkeep"), step: () => this.#upkeep.step() });
    this.#loops = [this.#heartbeats, this.#recoveries, upkeep, reporting];
  }

  /** The id under which this server claims now; another one after each lost lease. */
  get serverId(): string {
    return this.#lease.serverId;
  }

  async start(): Promise<void> {
    await this.#lease.register();
    this.#state = "running";
    await this.#listen();
    this.#outsideScopes(() => {
      this.#heartbeats.start(this.#parts.options.beatMs);
      for (const loop of this.#loops) if (loop !== this.#heartbeats) loop.start();
      this.#exchanger.startClaiming();
    });
    this.#parts.events.emit("server.started", { serverId: this.serverId });
  }

  /**
   * Stops claiming, gives back what has not started, lets running jobs go on for the grace, then fires their signals, releases
   * what still has not ended (its attempt refunded) and says goodbye. Twice is once.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** No new jobs; running ones go on. */
  quiet(): void {
    if (this.#state !== "running") return;
    this.#state = "quiet";
    this.#exchanger.stopClaiming();
    this.#giveBackWaiting("quiet");
  }

  /** Ids of the jobs that run now. */
  runningJobs(): readonly string[] {
    return [...this.#slots.running].map(({ job }) => job.id);
  }

  health(): ServerHealth {
    return {
      serverId: this.#state === "new" ? null : this.serverId,
      state: this.#state,
      push: this.#push() === "none" ? "poll" : "push",
      running: this.#slots.running.size,
      waiting: this.#slots.waiting,
      unsettled: this.#exchanger.unsettled,
      prefetch: this.#prefetch.target,
      roundTripMs: this.#prefetch.roundTripMs,
      loops: [this.#exchanger.health(), ...this.#loops.map((loop) => loop.health())],
    };
  }

  async #stop(): Promise<void> {
    if (this.#state === "new") {
      this.#state = "stopped";
      return;
    }
    const { clock, options, events } = this.#parts;
    this.#state = "stopping";
    this.#exchanger.stopClaiming();
    this.#giveBackWaiting("shutdown");
    await this.#idleWithin(options.graceMs);
    for (const attempt of this.#slots.running) attempt.abort(shutdownReason());
    await this.#idleWithin(ABORT_WAIT_MS);
    for (const attempt of [...this.#slots.running]) this.#runner.giveUp(attempt);
    await within(clock, LAST_SETTLE_WAIT_MS, this.#exchanger.drained());
    this.#exchanger.close();
    await Promise.all(this.#loops.map((loop) => loop.stop()));
    const goodbye = (async () => {
      await this.#listening?.close();
      await this.#upkeep.putMetrics();
      await this.#lease.unregister();
    })();
    // A storage that is away must not keep the process from ending: others will see the beat stand still.
    await within(clock, LAST_SETTLE_WAIT_MS, goodbye.catch(() => {}));
    this.#state = "stopped";
    events.emit("server.stopped", { serverId: this.serverId });
  }

  async #listen(): Promise<void> {
    const { storage } = this.#parts;
    this.#listening =
      (await storage.wakeUps?.listen({
        serverId: this.serverId,
        onWake: (cause) =>
          this.#outsideScopes(() => {
            if (cause === "control") this.#heartbeats.wake();
            else this.#exchanger.wake();
            if (cause === "gap") this.#heartbeats.wake();
          }),
      })) ?? null;
  }

  #claimed(jobs: readonly ClaimedJob[], token: string, serverId: string): void {
    const isOurs = serverId === this.serverId && this.#state === "running";
    for (const job of jobs) {
      const type = this.#parts.registry.find(job.type) ?? null;
      const attempt = new Attempt(job, token, serverId, type);
      if (!isOurs) this.#giveBack(attempt, "shutdown");
      else if (type === null || type.handler === null) this.#releaseUnknown(attempt);
      else this.#slots.hold(attempt);
    }
    this.#pump();
  }

  /** Fills free slots. Not recursive: a handler that does not wait ends inside `start`. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    for (;;) {
      const suspect = this.#slots.takeSuspect();
      if (suspect !== undefined) this.#exchanger.markStarting(suspect);
      const attempt = this.#slots.takeNext();
      if (attempt !== undefined) this.#runner.start(attempt);
      else if (suspect === undefined) break;
    }
    this.#pumping = false;
    if (this.#slots.isIdle) {
      this.#onIdle?.();
      this.#onIdle = null;
    }
  }

  #ended(attempt: Attempt): void {
    this.#prefetch.observeRun(attempt.runMs);
    this.#slots.release(attempt);
    this.#exchanger.settle(attempt);
    this.#pump();
  }

  #settled(attempt: Attempt, status: SettleStatus): void {
    this.#settlements.settled(attempt, status);
  }

  #releaseUnknown(attempt: Attempt): void {
    attempt.ended = true;
    attempt.outcome = unknownTypeOutcome(attempt.job.releases);
    this.#exchanger.settle(attempt);
  }

  #giveBack(attempt: Attempt, reason: string): void {
    attempt.ended = true;
    attempt.outcome = { kind: "release", delayMs: 0, refundAttempt: true, reason };
    this.#exchanger.settle(attempt);
  }

  #giveBackWaiting(reason: string): void {
    for (const attempt of this.#slots.withdrawAll()) this.#giveBack(attempt, reason);
  }

  #deletionsRequested(jobIds: readonly string[]): void {
    for (const jobId of jobIds) {
      const attempt = this.#slots.find(jobId);
      if (attempt === undefined || attempt.abortReason !== null) continue;
      const reason = new RevoError("REVO_JOB_DELETED", `Job ${jobId} was deleted`);
      if (this.#slots.withdraw(attempt)) {
        attempt.ended = true;
        const retainMs = attempt.type?.options.retention.deletedMs ?? 0;
        attempt.outcome = { kind: "delete", retainMs, reason: "requested" };
        this.#exchanger.settle(attempt);
      } else {
        this.#abort(attempt, reason);
      }
    }
  }

  /** Fires the signal; a handler that does not end after it loses its slot. */
  #abort(attempt: Attempt, reason: RevoError): void {
    const { clock, options } = this.#parts;
    attempt.abort(reason);
    clock.schedule(options.killGraceMs, () => this.#runner.giveUp(attempt), false);
  }

  #leaseLost(serverId: string): void {
    this.#giveBackWaiting("lease-lost");
    for (const attempt of this.#slots.running) {
      if (attempt.serverId === serverId) this.#abort(attempt, leaseLostReason(attempt));
    }
  }

  #leaseUncertain(): void {
    for (const attempt of this.#slots.running) {
      if (attempt.type?.options.exclusive === true) {
        this.#abort(attempt, leaseLostReason(attempt));
      }
    }
  }

  #obey(desired: HeartbeatReply["desired"]): void {
    if (desired === "quiet") this.quiet();
    else if (desired === "stop") void this.stop();
    else if (this.#state === "quiet") {
      this.#state = "running";
      this.#exchanger.startClaiming();
    }
  }

  #push(): PushKind {
    return this.#listening === null ? "none" : (this.#parts.storage.wakeUps?.kind ?? "none");
  }

  #idleWithin(ms: number): Promise<void> {
    if (this.#slots.isIdle) return Promise.resolve();
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
    return within(this.#parts.clock, ms, idle);
  }

  #makeLeaseKeeper(): LeaseKeeper {
    const { storage, clock, events, options } = this.#parts;
    return new LeaseKeeper({
      storage,
      clock,
      events,
      leaseMs: options.leaseMs,
      beatMs: options.beatMs,
      newServerId: newJobId,
      info: () => serverInfo(options, this.#slots.running.size, this.#heartbeats.lagMs),
      onLost: (serverId) => this.#leaseLost(serverId),
      onUncertain: () => this.#leaseUncertain(),
      onDeletions: (jobIds) => this.#deletionsRequested(jobIds),
      onDesired: (desired) => this.#obey(desired),
      onDead: (peers) => {
        this.#recovery.add(peers);
        this.#recoveries.wake();
      },
    });
  }

  #makeExchanger(): Exchanger {
    const { storage, clock, random, events, options } = this.#parts;
    const mostClaimed = storage.capabilities.maxBatch;
    return new Exchanger({
      storage,
      clock,
      random,
      events,
      pollMs: options.pollMs,
      serverId: () => this.#lease.serverId,
      push: () => this.#push(),
      demand: (eager) => this.#slots.demand(this.#prefetch.target, mostClaimed, eager),
      isHungry: () => this.#slots.isHungry,
      requested: (limit) => {
        if (limit > 0) this.#slots.requested(limit);
        else this.#slots.answered(-limit);
      },
      onRoundTrip: (ms) => this.#prefetch.observeRoundTrip(ms),
      onClaimed: (jobs, token, serverId) => this.#claimed(jobs, token, serverId),
      onSettled: (attempt, status) => this.#settled(attempt, status),
      onStartMarked: (attempt) => this.#runner.start(attempt),
      onLeaseLost: (serverId) => {
        this.#lease.lost(serverId).catch(() => this.#heartbeats.wake());
      },
      flushReports: (attempts) => this.#reports.flushOf(attempts),
    });
  }

  #pipelines(): ReadonlyMap<string, JobPipeline> {
    const { registry, activator, middleware, carriers, clock, options } = this.#parts;
    const { killGraceMs } = options;
    return buildPipelines({ registry, activator, middleware, carriers, clock, killGraceMs });
  }

  #services(): AttemptServices {
    const { clock, logger, storage, maxPayloadBytes } = this.#parts;
    return {
      clock,
      logger,
      reports: this.#reports,
      transactions: storage.transactions ?? null,
      maxResultBytes: maxPayloadBytes,
      storageName: storage.capabilities.name,
    };
  }

  #loop(name: string): Pick<ConstructorParameters<typeof Loop>[0], "name" | "clock" | "random" | "events"> {
    const { clock, random, events } = this.#parts;
    return { name, clock, random, events };
  }
}

function shutdownReason(): RevoError {
  return new RevoError("REVO_SHUTDOWN", "The job server is stopping");
}

function leaseLostReason(attempt: Attempt): RevoError {
  return new RevoError(
    "REVO_LEASE_LOST",
    `The lease on job ${attempt.job.id} is lost or can no longer be trusted`,
  );
}

/** Resolves with `promise` or after `ms`, whichever is first. */
async function within(
  clock: JobServerParts["clock"],
  ms: number,
  promise: Promise<void>,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const timer = clock.schedule(ms, resolve);
    promise.then(() => {
      timer.cancel();
      resolve();
    }, reject);
  });
}
