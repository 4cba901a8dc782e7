import { RevoError } from "../errors.ts";
import { argumentError, unreadable } from "../job/argument-error.ts";
import { JobDefinition } from "../job/job-definition.ts";
import type { EnqueueOptions } from "../job/enqueue-options.ts";
import { parseInstant, type Instant } from "../job/instant.ts";
import { defaultRetention } from "../job/retention.ts";
import { assertKnownKeys, optionKeys, ownOptions } from "../job/option-keys.ts";
import type { JobQuery } from "../search/job-query.ts";
import type { JobSnapshot } from "../search/job-snapshot.ts";
import { createRedactor } from "../search/redaction.ts";
import { snapshotOf } from "../search/snapshot.ts";
import type { ActionOptions } from "./action-options.ts";
import type { BulkAction, BulkOptions, BulkResult } from "./bulk-action.ts";
import { BulkControl } from "./bulk-control.ts";
import { Enqueuer, entryOf } from "./enqueuer.ts";
import { JobControl } from "./job-control.ts";
import type { JobHandle, ResultOptions } from "./job-handle.ts";
import { JobPreparation } from "./job-preparation.ts";
import {
  jobNotFound,
  parseReference,
  resolveReference,
  type JobReference,
} from "./job-reference.ts";
import type {
  EnqueueJobOptions,
  IJobScheduler,
  JobUpdate,
  PauseOptions,
  RequeueOptions,
  TransactionOptions,
} from "./job-scheduler.ts";
import { OutcomeWaiter } from "./outcome-waiter.ts";
import type { JobSchedulerParts } from "./scheduler-parts.ts";
import { StoredJob } from "./stored-job.ts";

/** The scheduler over a storage: checks who is asked for what, and hands on. */
export class JobScheduler<TTransaction = never> implements IJobScheduler<TTransaction> {
  readonly #parts: JobSchedulerParts<TTransaction>;
  readonly #waiter: OutcomeWaiter;
  readonly #enqueuer: Enqueuer<TTransaction>;
  readonly #control: JobControl;
  readonly #bulk: BulkControl;
  #closed = false;

  constructor(parts: JobSchedulerParts<TTransaction>) {
    const { storage, registry, events, clock, captureHeaders } = parts;
    const { maxBatch, maxTextBytes } = storage.capabilities;
    const maxPayloadBytes = Math.min(parts.maxPayloadBytes, maxTextBytes);
    const preparation = new JobPreparation({ registry, clock, captureHeaders, maxPayloadBytes });
    const retention = parts.retention ?? defaultRetention;
    this.#parts = parts;
    this.#waiter = new OutcomeWaiter({ monitor: storage.monitor, maxBatch, events, clock });
    this.#enqueuer = new Enqueuer({ storage, preparation, waiter: this.#waiter, events, clock });
    this.#control = new JobControl({ storage, registry, preparation, clock, retention });
    this.#bulk = new BulkControl({
      storage,
      clock,
      retention,
      redactor: createRedactor(parts.redact ?? []),
    });
  }

  // The overloads of the interface are told apart here, once: a definition is followed by its payload.
  async enqueueJob(
    jobOrDefinition: unknown,
    second?: unknown,
    third?: unknown,
  ): Promise<JobHandle<never>> {
    this.#assertOpen();
    const isDefinition = isJobDefinition(jobOrDefinition);
    const job = isDefinition ? jobOrDefinition.with(second) : jobOrDefinition;
    const options = (isDefinition ? third : second) as EnqueueJobOptions<TTransaction> | undefined;
    return await this.#enqueue(job, options);
  }

  async enqueueJobs(
    items: readonly unknown[],
    options: TransactionOptions<TTransaction> = {},
  ): Promise<readonly JobHandle<never>[]> {
    this.#assertOpen();
    if (!Array.isArray(items)) {
      throw argumentError("REVO_ARGUMENT_INVALID", "items", "to be a list", items);
    }
    assertKnownKeys(options, ["transaction"], "options");
    const entries = Array.from(items, (_, index) => entryOf(items, index));
    if (entries.length === 0) return [];
    const handles = await this.#enqueuer.many(entries, ownOptions(options).transaction);
    return handles as readonly JobHandle<never>[];
  }

  async scheduleJob(
    jobOrDefinition: unknown,
    second: unknown,
    third?: unknown,
    fourth?: unknown,
  ): Promise<JobHandle<never>> {
    this.#assertOpen();
    const isDefinition = isJobDefinition(jobOrDefinition);
    const job = isDefinition ? jobOrDefinition.with(second) : jobOrDefinition;
    const at = isDefinition ? third : second;
    const given = isDefinition ? fourth : third;
    const options = timeless((given === undefined ? {} : given) as EnqueueJobOptions<TTransaction>);
    const runAt = parseInstant(at as Instant, "at", this.#parts.clock.nowMs());
    return await this.#enqueue(job, { ...options, runAt });
  }

  async deleteJob(reference: JobReference, options?: ActionOptions): Promise<boolean> {
    this.#assertOpen();
    return await this.#control.delete(reference, options);
  }

  async requeueJob(reference: JobReference, options?: RequeueOptions): Promise<void> {
    this.#assertOpen();
    await this.#control.requeue(reference, options);
  }

  async runNow(reference: JobReference, options?: Omit<ActionOptions, "from">): Promise<void> {
    this.#assertOpen();
    await this.#control.runNow(reference, options);
  }

  async reschedule(
    reference: JobReference,
    at: Parameters<IJobScheduler["reschedule"]>[1],
    options?: ActionOptions,
  ): Promise<void> {
    this.#assertOpen();
    await this.#control.reschedule(reference, at, options);
  }

  async updateJob(
    reference: JobReference,
    update: JobUpdate,
    options?: ActionOptions,
  ): Promise<void> {
    this.#assertOpen();
    await this.#control.update(reference, update, options);
  }

  async pauseQueue(queue: string, options: PauseOptions): Promise<void> {
    this.#assertOpen();
    await this.#control.pauseQueue(queue, options);
  }

  async resumeQueue(queue: string, options?: { readonly actor?: string }): Promise<void> {
    this.#assertOpen();
    await this.#control.resumeQueue(queue, options);
  }

  async apply(action: BulkAction, query: JobQuery, options?: BulkOptions): Promise<BulkResult> {
    this.#assertOpen();
    return await this.#bulk.apply(action, query, options);
  }

  async waitForResult<TResult>(reference: JobReference, options?: ResultOptions): Promise<TResult> {
    this.#assertOpen();
    const parsed = parseReference(reference);
    const id = await resolveReference(this.#parts.storage.monitor, parsed);
    if (id === null) throw jobNotFound(parsed);
    return await new StoredJob<TResult>(id, false, this.#waiter).result(options);
  }

  async getJob(reference: JobReference): Promise<JobSnapshot | null> {
    this.#assertOpen();
    const { monitor } = this.#parts.storage;
    const id = await resolveReference(monitor, parseReference(reference));
    if (id === null) return null;
    const [record = null] = await monitor.get([id]);
    return record === null ? null : snapshotOf(record, showAll);
  }

  /**
   * Ends the scheduler: new calls throw `REVO_CLOSED`, waits for results end with it, enqueues on their way are answered first.
   * To be called before the storage is closed. Twice is once.
   */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waiter.close();
    await this.#enqueuer.idle();
  }

  async #enqueue(
    job: unknown,
    options: EnqueueJobOptions<TTransaction> | undefined,
  ): Promise<JobHandle<never>> {
    if (options === undefined) {
      return (await this.#enqueuer.one(job, undefined, undefined)) as JobHandle<never>;
    }
    const { transaction, rest } = takenApart(options);
    return (await this.#enqueuer.one(job, rest, transaction)) as JobHandle<never>;
  }

  #assertOpen(): void {
    if (this.#closed || this.#parts.isClosed()) {
      throw new RevoError("REVO_CLOSED", "Revo is not started or has been stopped");
    }
  }
}

/** The application's own jobs are shown to it as they are. */
const showAll = createRedactor([]);

function isJobDefinition(
  value: unknown,
): value is JobDefinition<string, unknown, unknown, unknown> {
  try {
    return value instanceof JobDefinition;
  } catch {
    return false;
  }
}

/** The transaction, and the options of the job; also a transaction given as `undefined` is none of those. */
function takenApart<TTransaction>(options: EnqueueJobOptions<TTransaction>): {
  readonly transaction?: TTransaction;
  readonly rest: EnqueueOptions;
} {
  try {
    const hasTransaction =
      typeof options === "object" && options !== null && Object.hasOwn(options, "transaction");
    if (!hasTransaction) return { rest: options };
    const { transaction, ...rest } = options;
    return transaction === undefined ? { rest } : { transaction, rest };
  } catch (error) {
    throw unreadable(error, "options");
  }
}

/** @throws `REVO_ARGUMENT_INVALID` where the options name a time beside that of `scheduleJob`. */
function timeless<TOptions extends EnqueueOptions>(options: TOptions): TOptions {
  const keys = optionKeys(options, "options");
  const own = ownOptions(options);
  for (const key of ["delay", "runAt"] as const) {
    if (!keys.includes(key) || own[key] === undefined) continue;
    const rule = "not to be given to scheduleJob, whose second argument is the time";
    throw argumentError("REVO_ARGUMENT_INVALID", key, rule, own[key]);
  }
  return own;
}
