import { hasCode } from "../errors.ts";
import type { NewJob } from "../job/job-record.ts";
import type { EnqueueResult } from "../storage/enqueue.ts";
import { chunkLength } from "./enqueue-chunk.ts";
import type { EnqueueSender } from "./enqueue-sender.ts";

interface Waiting {
  readonly job: NewJob;
  readonly mayExist: boolean;
  readonly resolve: (result: EnqueueResult) => void;
  readonly reject: (error: unknown) => void;
}

/** Batches on their way at once: the second hides the first one's round trip, a third would only make them smaller. */
export const maxInFlight = 2;
/**
 * From so many on, jobs that wait are shared out among the batches that may leave. Who has an answer often asks again at once: were
 * all answered by one batch, all would travel in one for ever, and process and storage would wait for each other in turn.
 */
const leastShared = 32;

/**
 * Makes single enqueues travel together without making any of them wait: what was asked for in one turn leaves as one batch, or
 * as two where it is much; while batches are on their way, what comes meanwhile gathers for the next.
 */
export class EnqueueBuffer {
  readonly #sender: EnqueueSender;
  readonly #maxBatch: number;
  #waiting: Waiting[] = [];
  #inFlight = 0;
  #flushPlanned = false;
  #whenIdle: (() => void)[] = [];

  constructor(sender: EnqueueSender, maxBatch: number) {
    this.#sender = sender;
    this.#maxBatch = maxBatch;
  }

  /** Resolves with the storage's answer for this job. */
  add(job: NewJob, mayExist: boolean): Promise<EnqueueResult> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, mayExist, resolve, reject });
      this.#plan();
    });
  }

  /** Resolves once everything added so far is answered. */
  idle(): Promise<void> {
    if (this.#inFlight === 0 && this.#waiting.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  #plan(): void {
    if (this.#flushPlanned || this.#inFlight >= maxInFlight) return;
    this.#flushPlanned = true;
    queueMicrotask(() => {
      this.#flushPlanned = false;
      this.#flush();
    });
  }

  #flush(): void {
    while (this.#inFlight < maxInFlight && this.#waiting.length > 0) {
      const length = chunkLength(this.#waiting, 0, Math.min(this.#maxBatch, this.#share));
      const batch = this.#waiting.slice(0, length);
      this.#waiting = this.#waiting.slice(length);
      this.#inFlight += 1;
      void this.#send(batch).then(() => this.#sent());
    }
  }

  /** How many of the waiting may leave with the next batch. */
  get #share(): number {
    const count = this.#waiting.length;
    return count < leastShared ? count : Math.ceil(count / (maxInFlight - this.#inFlight));
  }

  #sent(): void {
    this.#inFlight -= 1;
    this.#flush();
    if (this.#inFlight > 0) return;
    const resolvers = this.#whenIdle;
    this.#whenIdle = [];
    for (const resolve of resolvers) resolve();
  }

  /** Never rejects: every outcome goes to who waits for it. */
  async #send(batch: readonly Waiting[]): Promise<void> {
    const [first] = batch;
    if (first === undefined) return;
    try {
      const results = await this.#sender.send(
        batch.map(({ job }) => job),
        first.mayExist,
      );
      for (const [i, result] of results.entries()) batch[i]?.resolve(result);
    } catch (error) {
      if (batch.length === 1 || isOfStorage(error)) {
        for (const { reject } of batch) reject(error);
        return;
      }
      // One job that the storage chokes on must not take its neighbours with it, so the halves are tried apart.
      const middle = batch.length >> 1;
      await this.#send(batch.slice(0, middle).map(asRepeat));
      await this.#send(batch.slice(middle).map(asRepeat));
    }
  }
}

function asRepeat(waiting: Waiting): Waiting {
  return { ...waiting, mayExist: true };
}

/** Whether the whole storage is in trouble, not one job of the batch. */
function isOfStorage(error: unknown): boolean {
  const code: unknown = (error as { code?: unknown } | null)?.code;
  return (
    hasCode(error, "REVO_CLOSED") || (typeof code === "string" && code.startsWith("REVO_STORAGE_"))
  );
}
