import { RevoError } from "../errors.ts";
import type { AbortableExecution } from "../handlers/abort-execution.ts";
import type { JobContext } from "../handlers/job-context.ts";
import { argumentError } from "../job/argument-error.ts";
import { encodeResult } from "../job/payload.ts";
import type { IJobTransactions } from "../storage/transactions.ts";
import type { IClock } from "../support/clock.ts";
import type { ILogger } from "../support/logger.ts";
import type { Attempt } from "./attempt.ts";
import { attemptLogger } from "./attempt-logger.ts";
import type { ReportBuffer } from "./report-buffer.ts";

/** What every attempt of a job server shares. */
export interface AttemptServices {
  readonly clock: IClock;
  readonly logger: ILogger;
  readonly reports: ReportBuffer;
  readonly transactions: IJobTransactions<unknown> | null;
  readonly maxResultBytes: number;
  readonly storageName: string;
}

/** The handler's view of an attempt. What costs something is made when it is first asked for. */
export class AttemptContext implements JobContext, AbortableExecution {
  readonly #attempt: Attempt;
  readonly #services: AttemptServices;
  readonly message: unknown;
  readonly headers: Readonly<Record<string, string>>;
  #log: ILogger | null = null;
  #items: Map<unknown, unknown> | null = null;

  constructor(
    attempt: Attempt,
    services: AttemptServices,
    message: unknown,
    headers: Readonly<Record<string, string>>,
  ) {
    this.#attempt = attempt;
    this.#services = services;
    this.message = message;
    this.headers = headers;
  }

  get kind(): "job" {
    return "job";
  }

  get id(): string {
    return this.#attempt.job.id;
  }

  get type(): string {
    return this.#attempt.job.type;
  }

  get attempt(): number {
    return this.#attempt.job.attempt;
  }

  get maxAttempts(): number {
    return this.#attempt.job.maxAttempts;
  }

  get queue(): string {
    return this.#attempt.job.queue;
  }

  get priority(): number {
    return this.#attempt.job.priority;
  }

  get signal(): AbortSignal {
    return this.#attempt.signal;
  }

  get log(): ILogger {
    this.#log ??= attemptLogger(this.#attempt, this.#services);
    return this.#log;
  }

  get items(): Map<unknown, unknown> {
    this.#items ??= new Map();
    return this.#items;
  }

  // Made when asked for, so that a handler may take it out of its context.
  get progress(): JobContext["progress"] {
    return (fraction) => this.#progress(fraction);
  }

  get completeIn(): JobContext["completeIn"] {
    return (transaction, result) => this.#completeIn(transaction, result);
  }

  #progress(fraction: number): void {
    if (typeof fraction !== "number" || !(fraction >= 0 && fraction <= 1)) {
      throw argumentError(
        "REVO_ARGUMENT_INVALID",
        "fraction",
        "to be a number from 0 to 1",
        fraction,
      );
    }
    this.#services.reports.progress(this.#attempt, fraction);
  }

  async #completeIn(transaction: unknown, result?: unknown): Promise<void> {
    const { transactions, storageName, maxResultBytes } = this.#services;
    if (transactions === null) {
      throw new RevoError(
        "REVO_CAPABILITY_MISSING",
        `The storage "${storageName}" takes no transactions, so that \`completeIn\` cannot be used; return from the handler instead`,
      );
    }
    const { job, token, type, envelope } = this.#attempt;
    const text = encodeResult(result, { maxBytes: maxResultBytes });
    await transactions.completeIn(transaction, {
      jobId: job.id,
      token,
      ...(job.locator !== undefined && { locator: job.locator }),
      outcome: {
        kind: "succeed",
        retainMs: envelope?.retention?.succeededMs ?? type?.options.retention.succeededMs ?? 0,
        ...(text !== undefined && { result: text }),
      },
    });
    this.#attempt.completedInTransaction = true;
  }

  "~abort"(reason: RevoError): void {
    this.#attempt.abort(reason);
  }

  "~stuck"(): void {
    this.#attempt.stuck = true;
  }
}
