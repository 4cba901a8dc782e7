import { RevoError } from "../errors.ts";
import type { JobTypeRegistry } from "../handlers/job-type-registry.ts";
import type { ClaimedJob } from "../storage/exchange.ts";
import type { IClock } from "../support/clock.ts";
import { Attempt } from "./attempt.ts";
import type { JobRunner } from "./job-runner.ts";
import type { Slots } from "./slots.ts";
import { unknownTypeOutcome } from "./unknown-type.ts";
import { within } from "./within.ts";

export interface HeldJobsOptions {
  readonly slots: Slots;
  readonly registry: JobTypeRegistry;
  readonly clock: IClock;
  /** How long a handler may go on after its signal fired, in milliseconds. */
  readonly killGraceMs: number;
  /** Sends the end of an attempt to the storage. */
  settle(attempt: Attempt): void;
  /** Marks a suspect in the storage; `start` follows. */
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

  /** Takes claimed jobs in. `accept` false: they come too late and are given back. */
  take(jobs: readonly ClaimedJob[], token: string, serverId: string, accept: boolean): void {
    for (const job of jobs) {
      const type = this.#options.registry.find(job.type) ?? null;
      const attempt = new Attempt(job, token, serverId, type);
      if (!accept) this.#giveBack(attempt, "shutdown");
      else if (type === null || type.handler === null) this.#releaseUnknown(attempt);
      else this.#slots.hold(attempt);
    }
    this.#fillSlots();
  }

  /** Runs a suspect that was marked. */
  startMarked(attempt: Attempt): void {
    this.#runner.start(attempt);
  }

  /** An attempt has its outcome: it goes to the storage, its slot to the next. */
  ended(attempt: Attempt): void {
    this.#slots.release(attempt);
    this.#options.settle(attempt);
    this.#fillSlots();
  }

  /** Gives back everything that has not started, attempts refunded. */
  giveBackWaiting(reason: string): void {
    for (const attempt of this.#slots.withdrawAll()) this.#giveBack(attempt, reason);
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
    for (const attempt of this.#slots.running) {
      if (attempt.serverId === serverId) this.#abort(attempt, leaseLostReason(attempt));
    }
  }

  /** Nobody is known to have them, but nothing can be heard: jobs that must never overlap stop. */
  leaseUncertain(): void {
    for (const attempt of this.#slots.running) {
      if (attempt.type?.options.exclusive === true) this.#abort(attempt, leaseLostReason(attempt));
    }
  }

  /** Fires the signal of everything that runs. */
  abortAll(reason: RevoError): void {
    for (const attempt of this.#slots.running) attempt.abort(reason);
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

  /** Not recursive: a handler that does not wait ends inside `start`. */
  #fillSlots(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    for (;;) {
      const suspect = this.#slots.takeSuspect();
      if (suspect !== undefined) this.#options.markStarting(suspect);
      const attempt = this.#slots.takeNext();
      if (attempt !== undefined) this.#runner.start(attempt);
      else if (suspect === undefined) break;
    }
    this.#pumping = false;
    if (!this.#slots.isIdle) return;
    this.#onIdle?.();
    this.#onIdle = null;
  }

  /** Fires the signal; a handler that does not end after it loses its slot. */
  #abort(attempt: Attempt, reason: RevoError): void {
    const { clock, killGraceMs } = this.#options;
    attempt.abort(reason);
    clock.schedule(killGraceMs, () => this.#runner.giveUp(attempt), false);
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
