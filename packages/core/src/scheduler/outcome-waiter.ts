import { hasCode, RevoError } from "../errors.ts";
import type { EventHub } from "../events/event-hub.ts";
import type { JobId } from "../job/job-record.ts";
import { isFinal } from "../job/job-state.ts";
import type { IJobMonitor } from "../storage/monitor.ts";
import type { IClock, ITimer } from "../support/clock.ts";
import { outcomeOf, resultOf, type JobOutcome } from "./job-outcome.ts";

export interface OutcomeWaiterParts {
  readonly monitor: Pick<IJobMonitor, "outcomes" | "get">;
  readonly maxBatch: number;
  readonly events: EventHub;
  readonly clock: IClock;
}

export interface WaitOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** The job may long have ended: ask at once. @defaultValue false */
  readonly atOnce?: boolean;
}

/** All who wait for one job. */
interface Watched {
  readonly id: JobId;
  readonly listeners: Set<Listener>;
  delayMs: number;
  dueMs: number;
  /** When to ask whether the job is there at all. */
  existsCheckMs: number;
}

interface Listener {
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

const firstDelayMs = 50;
const longestDelayMs = 1_000;
const growth = 1.5;
/** Waits that are due within this time of each other are asked for together. */
const togetherMs = 20;
/** How often a job that does not end is looked up, to notice that it is gone. */
const existsCheckEveryMs = 10_000;

/**
 * Waits for the ends of jobs: one question to the storage for all who wait, soon at first and then ever more seldom; asked at
 * once when this process itself ended a job.
 */
export class OutcomeWaiter {
  readonly #parts: OutcomeWaiterParts;
  readonly #watched = new Map<JobId, Watched>();
  readonly #poked = new Set<JobId>();
  #unsubscribe: (() => void)[] = [];
  #timer: ITimer | null = null;
  #timerDueMs = Infinity;
  #asking = false;
  #closed = false;

  constructor(parts: OutcomeWaiterParts) {
    this.#parts = parts;
  }

  /** Resolves with the result of the job once it has succeeded. @throws See `JobHandle.result`. */
  wait(id: JobId, options: WaitOptions): Promise<unknown> {
    if (this.#closed) return Promise.reject(closedError());
    if (options.signal?.aborted === true) return Promise.reject(options.signal.reason as Error);
    return new Promise((resolve, reject) => this.#watch(id, options, resolve, reject));
  }

  /** Ends every wait with `REVO_CLOSED`. */
  close(): void {
    this.#closed = true;
    for (const watched of [...this.#watched.values()]) {
      this.#end(watched, { kind: "ended", error: closedError() });
    }
  }

  #watch(
    id: JobId,
    { timeoutMs, signal, atOnce = false }: WaitOptions,
    resolve: (result: unknown) => void,
    reject: (error: unknown) => void,
  ): void {
    const { clock } = this.#parts;
    const leave = (): void => {
      timer?.cancel();
      signal?.removeEventListener("abort", onAbort);
      this.#leave(watched, listener);
    };
    const listener: Listener = {
      resolve: (result) => {
        leave();
        resolve(result);
      },
      reject: (error) => {
        leave();
        reject(error);
      },
    };
    const onAbort = (): void => listener.reject(signal?.reason);
    const timer =
      timeoutMs === undefined
        ? undefined
        : clock.schedule(timeoutMs, () => listener.reject(timeoutError(id, timeoutMs)));
    signal?.addEventListener("abort", onAbort, { once: true });
    const watched = this.#watchedOf(id, atOnce ? 0 : firstDelayMs);
    watched.listeners.add(listener);
    if (watched.dueMs < this.#timerDueMs) this.#armFor(watched.dueMs);
  }

  #watchedOf(id: JobId, delayMs: number): Watched {
    const nowMs = this.#parts.clock.monotonicMs();
    const known = this.#watched.get(id);
    const watched: Watched = known ?? {
      id,
      listeners: new Set(),
      delayMs: firstDelayMs,
      dueMs: nowMs + delayMs,
      existsCheckMs: nowMs + existsCheckEveryMs,
    };
    // Who comes to a job that has long been waited for does not wait out the long pause.
    watched.delayMs = firstDelayMs;
    watched.dueMs = Math.min(watched.dueMs, nowMs + delayMs);
    if (known === undefined) {
      if (this.#watched.size === 0) this.#listen();
      this.#watched.set(id, watched);
    }
    return watched;
  }

  #leave(watched: Watched, listener: Listener): void {
    watched.listeners.delete(listener);
    if (watched.listeners.size > 0) return;
    this.#watched.delete(watched.id);
    this.#poked.delete(watched.id);
    if (this.#watched.size > 0) return;
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#unsubscribe = [];
    this.#disarm();
  }

  /** Only while somebody waits: events that nobody hears are never made. */
  #listen(): void {
    const poke = ({ jobId }: { readonly jobId: JobId }): void => {
      if (!this.#watched.has(jobId)) return;
      if (this.#poked.size === 0) queueMicrotask(() => void this.#ask());
      this.#poked.add(jobId);
    };
    const { events } = this.#parts;
    this.#unsubscribe = [
      events.on("job.succeeded", poke),
      events.on("job.failed", poke),
      events.on("job.deleted", poke),
    ];
  }

  #armForEarliest(): void {
    let dueMs = Infinity;
    for (const watched of this.#watched.values()) dueMs = Math.min(dueMs, watched.dueMs);
    if (dueMs < Infinity) this.#armFor(dueMs);
  }

  #armFor(dueMs: number): void {
    if (this.#asking) return;
    const { clock } = this.#parts;
    this.#timer?.cancel();
    this.#timerDueMs = dueMs;
    this.#timer = clock.schedule(Math.max(0, dueMs - clock.monotonicMs()), () => void this.#ask());
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#timerDueMs = Infinity;
  }

  /** Never rejects: what goes wrong ends a wait or is tried again. */
  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    this.#disarm();
    try {
      const due = this.#takeDue();
      for (let i = 0; i < due.length; i += this.#parts.maxBatch) {
        await this.#askFor(due.slice(i, i + this.#parts.maxBatch));
      }
    } finally {
      this.#asking = false;
      if (this.#poked.size > 0) queueMicrotask(() => void this.#ask());
      else this.#armForEarliest();
    }
  }

  #takeDue(): Watched[] {
    const nowMs = this.#parts.clock.monotonicMs();
    const due: Watched[] = [];
    for (const watched of this.#watched.values()) {
      const poked = this.#poked.has(watched.id);
      if (!poked && watched.dueMs > nowMs + togetherMs) continue;
      due.push(watched);
      if (poked) watched.existsCheckMs = nowMs;
      watched.dueMs = nowMs + watched.delayMs;
      watched.delayMs = Math.min(watched.delayMs * growth, longestDelayMs);
    }
    this.#poked.clear();
    return due;
  }

  async #askFor(batch: readonly Watched[]): Promise<void> {
    const { monitor } = this.#parts;
    try {
      const outcomes = await monitor.outcomes(batch.map(({ id }) => id));
      const lookUp: Watched[] = [];
      for (const [i, watched] of batch.entries()) {
        const outcome = outcomes[i] ?? null;
        if (outcome?.state === "succeeded") this.#end(watched, resultOf(outcome.result));
        else if (outcome !== null && isFinal(outcome.state)) lookUp.push(watched);
        else if (outcome === null && this.#isExistsCheckDue(watched)) lookUp.push(watched);
      }
      if (lookUp.length > 0) await this.#lookUp(lookUp);
    } catch (error) {
      // A storage out of reach says nothing about the jobs: the waits go on, up to their own time-outs.
      if (isTransient(error)) return;
      for (const watched of batch) this.#end(watched, { kind: "ended", error });
    }
  }

  async #lookUp(batch: readonly Watched[]): Promise<void> {
    const records = await this.#parts.monitor.get(batch.map(({ id }) => id));
    for (const [i, watched] of batch.entries()) {
      const outcome = outcomeOf(watched.id, records[i] ?? null);
      if (outcome !== null) this.#end(watched, outcome);
    }
  }

  #isExistsCheckDue(watched: Watched): boolean {
    const nowMs = this.#parts.clock.monotonicMs();
    if (watched.existsCheckMs > nowMs) return false;
    watched.existsCheckMs = nowMs + existsCheckEveryMs;
    return true;
  }

  #end(watched: Watched, outcome: JobOutcome): void {
    for (const listener of [...watched.listeners]) {
      if (outcome.kind === "succeeded") listener.resolve(outcome.result);
      else listener.reject(outcome.error);
    }
  }
}

function timeoutError(id: JobId, timeoutMs: number): RevoError {
  return new RevoError(
    "REVO_TIMEOUT",
    `Job ${id} had no result after ${timeoutMs} ms; the job itself goes on`,
  );
}

function closedError(): RevoError {
  return new RevoError("REVO_CLOSED", "Revo was stopped while a result was waited for");
}

function isTransient(error: unknown): boolean {
  return (
    hasCode(error, "REVO_STORAGE_UNAVAILABLE") ||
    hasCode(error, "REVO_STORAGE_TIMEOUT") ||
    hasCode(error, "REVO_STORAGE_OUTCOME_UNKNOWN")
  );
}
