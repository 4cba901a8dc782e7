import type { EventHub } from "../events/event-hub.ts";
import type { SettleStatus } from "../storage/exchange.ts";
import type { Attempt } from "./attempt.ts";
import { eventOf } from "./job-runner.ts";
import type { MetricsRecorder } from "./metrics-recorder.ts";

/** Tells events and metrics what became of an attempt, once the storage has answered. */
export class SettlementEvents {
  readonly #events: EventHub;
  readonly #metrics: MetricsRecorder;

  constructor(events: EventHub, metrics: MetricsRecorder) {
    this.#events = events;
    this.#metrics = metrics;
  }

  settled(attempt: Attempt, status: SettleStatus): void {
    if (attempt.completedInTransaction && (status === "already" || status === "gone")) {
      // The transaction was committed: what was sent after it found the job succeeded.
      attempt.outcome = { kind: "succeed", retainMs: 0 };
    } else if (status === "stale" || status === "gone") {
      this.#events.emit("job.lease-lost", eventOf(attempt));
      return;
    }
    this.#metrics.record(attempt, status === "deleted");
    if (status === "deleted") this.#events.emit("job.deleted", eventOf(attempt));
    else this.#emitOutcome(attempt);
  }

  #emitOutcome(attempt: Attempt): void {
    const { outcome, runMs, job, error } = attempt;
    if (outcome === null) return;
    const { waitedMs } = job;
    switch (outcome.kind) {
      case "succeed":
        if (this.#events.has("job.succeeded")) {
          this.#events.emit("job.succeeded", { ...eventOf(attempt), runMs, waitedMs });
        }
        return;
      case "retry": {
        const { delayMs } = outcome;
        this.#events.emit("job.retried", { ...eventOf(attempt), runMs, waitedMs, delayMs, error });
        return;
      }
      case "fail": {
        const { reason } = outcome;
        this.#events.emit("job.failed", { ...eventOf(attempt), runMs, waitedMs, reason, error });
        return;
      }
      case "release": {
        const { delayMs, reason } = outcome;
        this.#events.emit("job.released", { ...eventOf(attempt), delayMs, reason });
        return;
      }
      case "delete":
        this.#events.emit("job.deleted", eventOf(attempt));
    }
  }
}
