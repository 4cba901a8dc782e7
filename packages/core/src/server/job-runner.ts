import { RevoError } from "../errors.ts";
import type { EventHub } from "../events/event-hub.ts";
import { decodeEnvelope, emptyEnvelope } from "../job/envelope.ts";
import { defaultTypeOptions } from "../job/job-options.ts";
import { decideOutcome, type AttemptResult, type OutcomeJob } from "../job/outcome.ts";
import { decodePayload } from "../job/payload.ts";
import type { IRandom } from "../support/random.ts";
import { AttemptContext, type AttemptServices } from "./attempt-context.ts";
import { resultOf, type AttemptEnd } from "./attempt-end.ts";
import type { Attempt } from "./attempt.ts";
import type { JobPipeline } from "./job-pipeline.ts";

/** Most time for an asynchronous upgrade and schema before the handler is called, in milliseconds. */
const PREPARE_LIMIT_MS = 30_000;

export interface JobRunnerOptions {
  readonly pipelines: ReadonlyMap<string, JobPipeline>;
  readonly services: AttemptServices;
  readonly random: IRandom;
  readonly events: EventHub;
  /** The attempt has its outcome. Called exactly once for each started attempt. */
  onEnd(attempt: Attempt): void;
}

/** Runs one claimed job: decode, restore, call the handler, decide. Effects on the storage are its caller's. */
export class JobRunner {
  readonly #options: JobRunnerOptions;

  constructor(options: JobRunnerOptions) {
    this.#options = options;
  }

  /** Starts the attempt; a handler that does not wait may have ended when this returns. Never throws. */
  start(attempt: Attempt): void {
    if (this.#isCalledOff(attempt)) return;
    const pipeline = this.#options.pipelines.get(attempt.job.type);
    attempt.startedMs = this.#options.services.clock.monotonicMs();
    if (pipeline === undefined) {
      this.#end(attempt, { kind: "threw", error: undefined, by: "core" });
      return;
    }
    this.#emitStarted(attempt);
    let message: object | Promise<object>;
    try {
      attempt.envelope = decodeEnvelope(attempt.job.envelope);
      const payload = decodePayload(attempt.job.payload, attempt.envelope.meta);
      message = pipeline.prepare(payload, attempt.envelope);
    } catch (error) {
      this.#end(attempt, { kind: "threw", error, by: "core" });
      return;
    }
    if (message instanceof Promise) {
      this.#withinLimit(message, attempt).then(
        (ready) => this.#call(attempt, pipeline, ready),
        (error: unknown) => this.#end(attempt, { kind: "threw", error, by: "core" }),
      );
    } else {
      this.#call(attempt, pipeline, message);
    }
  }

  /** An upgrade or a schema that never ends must not keep its slot. */
  #withinLimit(message: Promise<object>, attempt: Attempt): Promise<object> {
    return new Promise((resolve, reject) => {
      const timer = this.#options.services.clock.schedule(PREPARE_LIMIT_MS, () => {
        attempt.stuck = true;
        reject(
          new RevoError(
            "REVO_TIMEOUT",
            `The upgrade or the schema of the job type "${attempt.job.type}" did not end within ${PREPARE_LIMIT_MS} ms`,
          ),
        );
      });
      message.finally(() => timer.cancel()).then(resolve, reject);
    });
  }

  /** Ends an attempt whose handler did not end by itself; whatever it still does counts for nothing. */
  giveUp(attempt: Attempt): void {
    if (attempt.ended) return;
    attempt.stuck = attempt.startedMs >= 0;
    this.#end(attempt, { kind: "given-up" });
  }

  /** Whoever fired its signal has an answer already: a handler that has not begun need not be asked. */
  #isCalledOff(attempt: Attempt): boolean {
    if (attempt.abortReason !== null) this.#end(attempt, { kind: "given-up" });
    return attempt.ended;
  }

  /** Calls middleware and handler, and follows what they return. Never throws. */
  #call(attempt: Attempt, pipeline: JobPipeline, message: object): void {
    if (this.#isCalledOff(attempt)) return;
    const { headers, timeoutMs } = attempt.envelope ?? emptyEnvelope;
    const context = new AttemptContext(attempt, this.#options.services, message, headers);
    try {
      const returned = pipeline.run(context, timeoutMs ?? pipeline.type.options.timeoutMs);
      if (isThenable(returned)) {
        returned.then(
          (value) => this.#end(attempt, { kind: "returned", value }),
          (error: unknown) => this.#end(attempt, { kind: "threw", error, by: "handler" }),
        );
      } else {
        this.#end(attempt, { kind: "returned", value: returned });
      }
    } catch (error) {
      this.#end(attempt, { kind: "threw", error, by: "handler" });
    }
  }

  #end(attempt: Attempt, end: AttemptEnd): void {
    if (attempt.ended) return;
    attempt.ended = true;
    const { services, random, events } = this.#options;
    attempt.runMs = attempt.startedMs < 0 ? 0 : services.clock.monotonicMs() - attempt.startedMs;
    if (end.kind === "threw") attempt.error = end.error;
    if (attempt.stuck) {
      const reason = attempt.abortReason?.code ?? "REVO_TIMEOUT";
      events.emit("job.stuck", { ...eventOf(attempt), reason });
    }
    const result =
      attempt.completedInTransaction && end.kind === "returned"
        ? notCommitted
        : resultOf(end, attempt, services.maxResultBytes);
    const decided = decideOutcome(outcomeJob(attempt), result, random.fraction());
    attempt.outcome = decided.outcome;
    if (decided.invalidBackoff !== undefined) {
      events.emit("job.backoff-invalid", { ...eventOf(attempt), cause: decided.invalidBackoff });
    }
    this.#options.onEnd(attempt);
  }

  #emitStarted(attempt: Attempt): void {
    if (!this.#options.events.has("job.started")) return;
    this.#options.events.emit("job.started", {
      ...eventOf(attempt),
      waitedMs: attempt.job.waitedMs,
    });
  }
}

/**
 * Sent after `completeIn`: where the transaction was committed, the storage answers `already` and nothing changes; where the
 * handler returned although it was rolled back, the job is not left behind.
 */
const notCommitted: AttemptResult = {
  kind: "threw",
  by: "handler",
  error: new RevoError(
    "REVO_TRANSACTION_INVALID",
    "The handler returned after `completeIn`, but the transaction was not committed",
  ),
};

/** The facts that every event of an attempt has. */
export function eventOf(attempt: Attempt): {
  readonly jobId: string;
  readonly type: string;
  readonly queue: string;
  readonly attempt: number;
  readonly serverId: string;
} {
  const { id, type, queue, attempt: number } = attempt.job;
  return { jobId: id, type, queue, attempt: number, serverId: attempt.serverId };
}

/** What the job itself says, else its type, else the defaults. */
function outcomeJob(attempt: Attempt): OutcomeJob {
  const { job, envelope } = attempt;
  const options = attempt.type?.options ?? defaultTypeOptions;
  return {
    attempt: job.attempt,
    maxAttempts: job.maxAttempts,
    retry: envelope?.retry ?? options.retry,
    retention: envelope?.retention ?? options.retention,
  };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as { then?: unknown }).then === "function"
  );
}
