import { RevoError } from "../errors.ts";
import type { JobTypeRegistry } from "../handlers/job-type-registry.ts";
import type { ClaimedJob } from "../storage/exchange.ts";
import type { IClock } from "../support/clock.ts";
import { Attempt } from "./attempt.ts";
import type { JobRunner } from "./job-runner.ts";
import type { Slots } from "./slots.ts";
import { unknownTypeOutcome } from "./unknown-type.ts";
import { within } from "./within.ts";

/** Waiting jobs are given back when no slot became free for so long, in milliseconds: another server may have one. */
const STALLED_AFTER_MS = 1_000;

export interface HeldJobsOptions {
  readonly slots: Slots;
  readonly registry: JobTypeRegistry;
  readonly clock: IClock;
  /** How long a handler may go on after its signal fired, in milliseconds. */
  readonly killGraceMs: number;
  /** Whether at this monotonic time nobody else can have taken what was claimed: only then jobs are started. */
  mayStart(nowMs: number): boolean;
  /** Sends the end of an attempt to the storage. */
  settle(attempt: Attempt): void;
  /** Marks a suspect in the storage; `startMarked` follows. */
  markStarting(attempt: Attempt): void;
}

/** The jobs in the hands of this job server: takes them in, fills slots, fires signals, gives back. */
export class HeldJobs {
  readonly #options: HeldJobsOptions;
  readonly #slots: Slots;
  readonly #runner: JobRunner;
  #pumping = false;
  #onIdle: (() => void) | null = null;

  constructor(options: HeldJobsOptions, runner: JobRunner) {
    this.#options = options;
    this.#slots = options.slots;
    this.#runner = runner;
  }

  /** Takes claimed jobs in. `refusal`: why they come too late and are given back; `null`: they do not. */
  take(
    jobs: readonly ClaimedJob[],
    claim: { readonly token: string; readonly serverId: string; readonly refusal: string | null },
  ): void {
    const { token, serverId, refusal } = claim;
    for (const job of jobs) {
      const type = this.#options.registry.find(job.type) ?? null;
      const attempt = new Attempt(job, token, serverId, type);
      if (refusal !== null) this.#giveBack(attempt, refusal);
      else if (type === null || type.handler === null) this.#releaseUnknown(attempt);
      else this.#slots.hold(attempt);
    }
    this.fillSlots(this.#options.clock.monotonicMs());
  }

  /** Runs an attempt that was marked. */
  startMarked(attempt: Attempt): void {
    this.#runner.start(attempt);
  }

  /** An attempt has its outcome: it goes to the storage, its slot to the next. */
  ended(attempt: Attempt): void {
    this.#slots.release(attempt);
    this.#options.settle(attempt);
    const { startedMs, runMs } = attempt;
    this.fillSlots(startedMs < 0 ? this.#options.clock.monotonicMs() : startedMs + runMs);
  }

  /** Starts what waits, as far as there are slots. Not recursive: a handler that does not wait ends inside `start`. */
  fillSlots(nowMs: number): void {
    if (this.#pumping) return;
    this.#pumping = true;
    if (this.#options.mayStart(nowMs)) this.#startWaiting();
    this.#pumping = false;
    if (!this.#slots.isIdle) return;
    this.#onIdle?.();
    this.#onIdle = null;
  }

  #startWaiting(): void {
    for (;;) {
      const attempt = this.#slots.takeNext();
      if (attempt === undefined) return;
      if (attempt.mustBeMarked) this.#options.markStarting(attempt);
      else this.#runner.start(attempt);
    }
  }

  /** Gives back everything that has not started, attempts refunded. */
  giveBackWaiting(reason: string): void {
    for (const attempt of this.#slots.withdrawAll(true)) this.#giveBack(attempt, reason);
  }

  /**
   * Gives back what waits behind jobs that turn out to be slow, suspects aside, which would only come back.
   * @returns For how long no slot has become free, in milliseconds; 0: jobs go on.
   */
  giveBackStalled(): number {
    if (this.#slots.waiting === 0 || !this.#slots.isFull) return 0;
    const nowMs = this.#options.clock.monotonicMs();
    let stalledMs = Number.POSITIVE_INFINITY;
    for (const { startedMs } of this.#slots.running) {
      stalledMs = Math.min(stalledMs, startedMs < 0 ? 0 : nowMs - startedMs);
    }
    if (stalledMs < STALLED_AFTER_MS) return 0;
    for (const attempt of this.#slots.withdrawAll(false)) this.#giveBack(attempt, "slots-busy");
    return stalledMs;
  }

  /** Fires the signals of those that run, ends those that have not started. */
  delete(jobIds: readonly string[]): void {
    for (const jobId of jobIds) {
      const attempt = this.#slots.find(jobId);
      if (attempt === undefined || attempt.abortReason !== null) continue;
      if (this.#slots.withdraw(attempt)) {
        attempt.ended = true;
        const retainMs = attempt.type?.options.retention.deletedMs ?? 0;
        attempt.outcome = { kind: "delete", retainMs, reason: "requested" };
        this.#options.settle(attempt);
      } else {
        this.#abort(attempt, new RevoError("REVO_JOB_DELETED", `Job ${jobId} was deleted`));
      }
    }
  }

  /** Others may have the jobs claimed under this id. */
  leaseLost(serverId: string): void {
    this.giveBackWaiting("lease-lost");
    for (const attempt of [...this.#slots.running]) {
      if (attempt.serverId === serverId) this.#abort(attempt, leaseLostReason(attempt));
    }
  }

  /** Nobody is known to have them, but nothing can be heard: jobs that must never overlap stop. */
  leaseUncertain(): void {
    for (const attempt of [...this.#slots.running]) {
      if (attempt.type?.options.exclusive === true) this.#abort(attempt, leaseLostReason(attempt));
    }
  }

  /** Fires the signal of everything that runs. */
  abortAll(reason: RevoError): void {
    for (const attempt of [...this.#slots.running]) this.#fire(attempt, reason);
  }

  /** Ends what still has not ended; its late result counts for nothing. */
  giveUpAll(): void {
    for (const attempt of [...this.#slots.running]) this.#runner.giveUp(attempt);
  }

  /** Resolves when nothing runs, or after `ms`. */
  idleWithin(ms: number): Promise<void> {
    if (this.#slots.isIdle) return Promise.resolve();
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
    return within(this.#options.clock, ms, idle);
  }

  /** Fires the signal; a handler that does not end after it loses its slot. */
  #abort(attempt: Attempt, reason: RevoError): void {
    if (this.#fire(attempt, reason)) return;
    const { clock, killGraceMs } = this.#options;
    clock.schedule(killGraceMs, () => this.#runner.giveUp(attempt), false);
  }

  /** @returns Whether the attempt has ended by it: one that is being marked has no handler that could end it. */
  #fire(attempt: Attempt, reason: RevoError): boolean {
    attempt.abort(reason);
    if (attempt.startedMs < 0) this.#runner.giveUp(attempt);
    return attempt.ended;
  }

  #releaseUnknown(attempt: Attempt): void {
    attempt.ended = true;
    attempt.outcome = unknownTypeOutcome(attempt.job.releases);
    this.#options.settle(attempt);
  }

  #giveBack(attempt: Attempt, reason: string): void {
    attempt.ended = true;
    attempt.outcome = { kind: "release", delayMs: 0, refundAttempt: true, reason };
    this.#options.settle(attempt);
  }
}

function leaseLostReason(attempt: Attempt): RevoError {
  return new RevoError(
    "REVO_LEASE_LOST",
    `The lease on job ${attempt.job.id} is lost or can no longer be trusted`,
  );
}
