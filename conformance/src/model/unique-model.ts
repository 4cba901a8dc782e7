import type { JobId } from "@revojs/core";
import { MODEL_WINDOW_MINUTES } from "./model-command.ts";
import type { ModelJob } from "./model-job.ts";

interface Holder {
  readonly jobId: JobId;
  /** Of a `window` key. */
  readonly untilMinute: number | undefined;
}

/** Who holds which unique key. */
export class UniqueModel {
  readonly #holders = new Map<string, Holder>();

  holderOf(key: string): JobId | undefined {
    return this.#holders.get(key)?.jobId;
  }

  take(job: ModelJob, minute: number): void {
    if (job.key === undefined) return;
    const untilMinute = job.scope === "window" ? minute + MODEL_WINDOW_MINUTES : undefined;
    this.#holders.set(job.key, { jobId: job.id, untilMinute });
  }

  started(job: ModelJob): void {
    if (job.scope === "untilStarted") this.#free(job);
  }

  finished(job: ModelJob): void {
    if (job.scope === "window") return;
    if (job.scope === "retained" && job.state !== "deleted") return;
    this.#free(job);
  }

  pruned(job: ModelJob): void {
    if (job.scope === "retained") this.#free(job);
  }

  expire(minute: number): void {
    for (const [key, { untilMinute }] of this.#holders) {
      if (untilMinute !== undefined && untilMinute <= minute) this.#holders.delete(key);
    }
  }

  #free(job: ModelJob): void {
    if (job.key === undefined || this.holderOf(job.key) !== job.id) return;
    this.#holders.delete(job.key);
  }
}
