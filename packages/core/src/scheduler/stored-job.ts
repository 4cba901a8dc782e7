import { RevoError } from "../errors.ts";
import { parseDuration } from "../job/duration.ts";
import type { JobId } from "../job/job-record.ts";
import { assertKnownKeys, ownOptions } from "../job/option-keys.ts";
import { parseSignal } from "../job/option-values.ts";
import type { JobHandle, ResultOptions } from "./job-handle.ts";
import type { OutcomeWaiter } from "./outcome-waiter.ts";

/** The handle of a stored job. Small, since a bulk enqueue makes one per job. */
export class StoredJob<TResult> implements JobHandle<TResult> {
  readonly id: JobId;
  readonly created: boolean;
  /** `null`: succeeded jobs are dropped at once. */
  readonly #waiter: OutcomeWaiter | null;

  constructor(id: JobId, created: boolean, waiter: OutcomeWaiter | null) {
    this.id = id;
    this.created = created;
    this.#waiter = waiter;
  }

  async result(options: ResultOptions = {}): Promise<TResult> {
    assertKnownKeys(options, ["timeout", "signal"], "options");
    const { timeout, ...rest } = ownOptions(options);
    const signal = parseSignal(rest.signal, "signal");
    const timeoutMs = timeout === undefined ? undefined : parseDuration(timeout, "timeout");
    if (this.#waiter === null) {
      throw new RevoError(
        "REVO_RESULT_NOT_KEPT",
        `Job ${this.id} is dropped as soon as it succeeds (retention.succeeded is 0), so its result can't be waited for`,
      );
    }
    return (await this.#waiter.wait(this.id, {
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(signal === undefined ? {} : { signal }),
      atOnce: !this.created,
    })) as TResult;
  }
}
