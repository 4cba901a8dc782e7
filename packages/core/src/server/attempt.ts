import type { RevoError } from "../errors.ts";
import type { JobType } from "../handlers/job-type.ts";
import type { JobEnvelope } from "../job/envelope.ts";
import type { SettleOutcome } from "../job/settle-outcome.ts";
import type { ClaimedJob } from "../storage/exchange.ts";
import type { LogLine } from "../storage/reports.ts";

/** What an attempt reported and the storage has not been told yet. */
export interface PendingReport {
  progress: number | null;
  lines: LogLine[];
}

/** One claimed job in the hands of this job server, from claim to settled. */
export class Attempt {
  readonly job: ClaimedJob;
  /** The fencing token of the claim. */
  readonly token: string;
  /** Under which id of this job server it was claimed. */
  readonly serverId: string;
  /** `null`: no such type is registered here. */
  readonly type: JobType | null;
  /** Monotonic; negative until it runs. */
  startedMs = -1;
  runMs = 0;
  /** Why its signal fired; the first reason stays. */
  abortReason: RevoError | null = null;
  /** The end was decided: what the handler still does counts for nothing. */
  ended = false;
  /** It went on after its signal fired and its time to end was over. */
  stuck = false;
  /** `completeIn` was called: the transaction decides, not the handler's return. */
  completedInTransaction = false;
  /** Decided at the end; what is sent to the storage. */
  outcome: SettleOutcome | null = null;
  /** What the handler threw, for events. */
  error: unknown = undefined;
  report: PendingReport | null = null;
  /** Once decoded. */
  envelope: JobEnvelope | null = null;
  #controller: AbortController | null = null;

  constructor(job: ClaimedJob, token: string, serverId: string, type: JobType | null) {
    this.job = job;
    this.token = token;
    this.serverId = serverId;
    this.type = type;
  }

  /** A job that a server died with: one at a time is run. */
  get isSuspect(): boolean {
    return this.job.crashes > 0;
  }

  /** A suspect, or a job that must never be run again after a crash: the storage is told before it runs. */
  get mustBeMarked(): boolean {
    return this.job.crashes > 0 || this.job.maxCrashes === 0;
  }

  /** Made when first asked for: most handlers never look. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.abortReason !== null) this.#controller.abort(this.abortReason);
    }
    return this.#controller.signal;
  }

  abort(reason: RevoError): void {
    if (this.abortReason !== null || this.ended) return;
    this.abortReason = reason;
    this.#controller?.abort(reason);
  }
}
