import { hasCode, RevoError } from "../errors.ts";
import type { NewJob } from "../job/job-record.ts";
import type { EnqueueResult } from "../storage/enqueue.ts";
import type { IJobStorage } from "../storage/job-storage.ts";
import type { IClock } from "../support/clock.ts";
import { delay } from "../support/delay.ts";

/** Waits before a batch of unknown outcome is sent again, in milliseconds. */
const repeatDelaysMs = [50, 500] as const;

/** Sends a batch, and again when nobody knows whether it was stored: ids make the repeat harmless. */
export class EnqueueSender {
  readonly #storage: Pick<IJobStorage, "enqueue">;
  readonly #clock: IClock;

  constructor(storage: Pick<IJobStorage, "enqueue">, clock: IClock) {
    this.#storage = storage;
    this.#clock = clock;
  }

  /**
   * @param mayExist An id in it was chosen by the caller.
   * @returns One result per job, in order.
   * @throws The storage's error; `REVO_STORAGE_OUTCOME_UNKNOWN` after two repeats.
   */
  async send(jobs: readonly NewJob[], mayExist: boolean): Promise<readonly EnqueueResult[]> {
    try {
      return await this.#call(jobs, mayExist);
    } catch (error) {
      if (!hasCode(error, "REVO_STORAGE_OUTCOME_UNKNOWN")) throw error;
      return await this.#repeat(jobs, error);
    }
  }

  async #repeat(jobs: readonly NewJob[], first: unknown): Promise<readonly EnqueueResult[]> {
    for (const delayMs of repeatDelaysMs) {
      await delay(this.#clock, delayMs);
      try {
        return await this.#call(jobs, true);
      } catch {
        // Whatever the repeat says, what the first call did is still unknown: that is the error to tell.
      }
    }
    throw first;
  }

  async #call(jobs: readonly NewJob[], mayExist: boolean): Promise<readonly EnqueueResult[]> {
    const results = await this.#storage.enqueue(mayExist ? { jobs, mayExist } : { jobs });
    if (results.length === jobs.length) return results;
    throw new RevoError(
      "REVO_INTERNAL",
      `The storage answered ${results.length} results for ${jobs.length} jobs`,
    );
  }
}
