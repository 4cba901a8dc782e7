import { RevoArgumentError, RevoError } from "../errors.ts";
import type { EventHub } from "../events/event-hub.ts";
import { argumentError } from "../job/argument-error.ts";
import type { EnqueueOptions } from "../job/job-options.ts";
import type { JobRecord } from "../job/job-record.ts";
import type { EnqueueResult } from "../storage/enqueue.ts";
import type { IJobStorage } from "../storage/job-storage.ts";
import type { IClock } from "../support/clock.ts";
import { compareStored, readAnswer, type EnqueueAnswer } from "./enqueue-answer.ts";
import { EnqueueBuffer } from "./enqueue-buffer.ts";
import { chunkLength } from "./enqueue-chunk.ts";
import { EnqueueJobsError, type EnqueueOutcome } from "./enqueue-jobs-error.ts";
import { EnqueueSender } from "./enqueue-sender.ts";
import type { JobHandle } from "./job-handle.ts";
import type { JobPreparation, PreparedJob } from "./job-preparation.ts";
import type { OutcomeWaiter } from "./outcome-waiter.ts";
import { StoredJob } from "./stored-job.ts";

export interface EnqueuerParts<TTransaction> {
  readonly storage: IJobStorage<TTransaction>;
  readonly preparation: JobPreparation;
  readonly waiter: OutcomeWaiter;
  readonly events: EventHub;
  readonly clock: IClock;
}

/** An item of a bulk enqueue, taken apart. */
export interface EnqueueEntry {
  readonly job: unknown;
  readonly options: EnqueueOptions | undefined;
}

/** A chunk's item: the same as what is sent. */
interface Sending {
  readonly job: PreparedJob["job"];
  readonly mayExist: boolean;
  readonly prepared: PreparedJob;
}

/** Brings jobs into the storage: singly through the buffer, many in chunks, or in the caller's transaction. */
export class Enqueuer<TTransaction> {
  readonly #parts: EnqueuerParts<TTransaction>;
  readonly #sender: EnqueueSender;
  readonly #buffer: EnqueueBuffer;
  readonly #bulks = new Set<Promise<unknown>>();

  constructor(parts: EnqueuerParts<TTransaction>) {
    this.#parts = parts;
    this.#sender = new EnqueueSender(parts.storage, parts.clock);
    this.#buffer = new EnqueueBuffer(this.#sender, parts.storage.capabilities.maxBatch);
  }

  /** Resolves once what is on its way is answered. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#bulks);
    await this.#buffer.idle();
  }

  async one(
    job: unknown,
    options: EnqueueOptions | undefined,
    transaction: TTransaction | undefined,
  ): Promise<JobHandle> {
    if (transaction !== undefined) this.#assertTransactions();
    const preparing = this.#parts.preparation.prepare(job, options);
    const prepared = preparing instanceof Promise ? await preparing : preparing;
    if (transaction !== undefined) {
      const [outcome] = await this.#sendIn(transaction, [prepared]);
      return handleOf(outcome);
    }
    const result = await this.#buffer.add(prepared.job, prepared.idGiven);
    const answer = readAnswer(prepared, result);
    if (answer.kind !== "compare") return handleOf(this.#outcome(prepared, answer));
    const [compared] = await this.#compare([prepared]);
    return handleOf(this.#outcome(prepared, compared ?? compareStored(prepared, null)));
  }

  async many(
    entries: readonly EnqueueEntry[],
    transaction: TTransaction | undefined,
  ): Promise<readonly JobHandle[]> {
    if (transaction !== undefined) this.#assertTransactions();
    const prepared = await this.#prepareAll(entries);
    const outcomes =
      transaction === undefined
        ? await this.#track(this.#sendAll(prepared))
        : await this.#sendIn(transaction, prepared);
    const handles: JobHandle[] = [];
    for (const outcome of outcomes) {
      if (outcome.kind === "failed") throw new EnqueueJobsError(outcomes);
      handles.push(outcome.job);
    }
    return handles;
  }

  async #track<TResult>(bulk: Promise<TResult>): Promise<TResult> {
    this.#bulks.add(bulk);
    try {
      return await bulk;
    } finally {
      this.#bulks.delete(bulk);
    }
  }

  /** All or none: the first wrong item is thrown, with its index, before anything is sent. */
  async #prepareAll(entries: readonly EnqueueEntry[]): Promise<readonly PreparedJob[]> {
    const prepared: PreparedJob[] = [];
    const pending: Promise<void>[] = [];
    for (const [index, { job, options }] of entries.entries()) {
      try {
        const preparing = this.#parts.preparation.prepare(job, options);
        if (preparing instanceof Promise) {
          pending.push(
            preparing.then(
              (ready) => void (prepared[index] = ready),
              (error: unknown) => {
                throw atIndex(error, index);
              },
            ),
          );
        } else {
          prepared[index] = preparing;
        }
      } catch (error) {
        await Promise.allSettled(pending);
        throw atIndex(error, index);
      }
    }
    for (const settled of await Promise.allSettled(pending)) {
      if (settled.status === "rejected") throw settled.reason;
    }
    return prepared;
  }

  /** In order, one chunk after the other: so jobs of one call keep their order within a queue. */
  async #sendAll(all: readonly PreparedJob[]): Promise<readonly EnqueueOutcome[]> {
    const items = all.map(toSending);
    const { maxBatch } = this.#parts.storage.capabilities;
    const outcomes: EnqueueOutcome[] = [];
    while (outcomes.length < items.length) {
      const start = outcomes.length;
      const chunk = items.slice(start, start + chunkLength(items, start, maxBatch));
      const jobs = chunk.map(({ job }) => job);
      try {
        const results = await this.#sender.send(jobs, chunk[0]?.mayExist === true);
        append(outcomes, await this.#judge(chunk, results));
      } catch (error) {
        // What the storage refuses for one chunk it refuses for the next: the rest is not even tried.
        for (const { job } of items.slice(start)) {
          outcomes.push({ kind: "failed", id: job.id, error: errorFor(job.id, error, chunk) });
        }
      }
    }
    return outcomes;
  }

  /** A failure in a transaction is the transaction's: it is thrown as it is, and the caller rolls back. */
  async #sendIn(
    transaction: TTransaction,
    all: readonly PreparedJob[],
  ): Promise<readonly EnqueueOutcome[]> {
    const transactions = this.#assertTransactions();
    const items = all.map(toSending);
    const { maxBatch } = this.#parts.storage.capabilities;
    const outcomes: EnqueueOutcome[] = [];
    while (outcomes.length < items.length) {
      const start = outcomes.length;
      const chunk = items.slice(start, start + chunkLength(items, start, maxBatch));
      const jobs = chunk.map(({ job }) => job);
      const mayExist = chunk[0]?.mayExist === true;
      const { results } = await transactions.enqueueIn(
        transaction,
        mayExist ? { jobs, mayExist } : { jobs },
      );
      append(outcomes, await this.#judge(chunk, results));
    }
    return outcomes;
  }

  async #judge(
    chunk: readonly Sending[],
    results: readonly EnqueueResult[],
  ): Promise<readonly EnqueueOutcome[]> {
    const answers = chunk.map(({ prepared }, i) => {
      const result = results[i];
      return result === undefined ? ({ kind: "compare" } as const) : readAnswer(prepared, result);
    });
    const compared = await this.#compare(
      chunk.flatMap(({ prepared }, i) => (answers[i]?.kind === "compare" ? [prepared] : [])),
    );
    return chunk.map(({ prepared }, i) => {
      const answer = answers[i];
      const final = answer === undefined || answer.kind === "compare" ? compared.shift() : answer;
      return this.#outcome(prepared, final ?? compareStored(prepared, null));
    });
  }

  async #compare(prepared: readonly PreparedJob[]): Promise<EnqueueAnswer[]> {
    if (prepared.length === 0) return [];
    const records = await this.#storedOf(prepared);
    return prepared.map((item, i) => compareStored(item, records[i] ?? null));
  }

  /** @throws `REVO_STORAGE_OUTCOME_UNKNOWN`: they are stored, as they are here or otherwise; which, could not be read. */
  async #storedOf(prepared: readonly PreparedJob[]): Promise<readonly (JobRecord | null)[]> {
    try {
      return await this.#parts.storage.monitor.get(prepared.map(({ job }) => job.id));
    } catch (error) {
      throw new RevoError(
        "REVO_STORAGE_OUTCOME_UNKNOWN",
        "Jobs with these ids are stored, but could not be read to see whether they are the same; enqueue them again",
        { cause: error },
      );
    }
  }

  #outcome(prepared: PreparedJob, answer: EnqueueAnswer): EnqueueOutcome {
    const { id, type, queue } = prepared.job;
    if (answer.kind !== "stored") {
      return { kind: "failed", id, error: answer.kind === "failed" ? answer.error : undefined };
    }
    const { events, waiter } = this.#parts;
    if (answer.created && events.has("job.enqueued")) {
      events.emit("job.enqueued", { jobId: id, type, queue });
    }
    const waits = prepared.keepsResult ? waiter : null;
    return { kind: "stored", job: new StoredJob(answer.id, answer.created, waits) };
  }

  #assertTransactions(): NonNullable<IJobStorage<TTransaction>["transactions"]> {
    const { capabilities, transactions } = this.#parts.storage;
    if (transactions !== undefined) return transactions;
    throw new RevoError(
      "REVO_CAPABILITY_MISSING",
      `The storage "${capabilities.name}" has no transactions, so \`transaction\` can't be given; nothing was stored`,
    );
  }
}

/** @throws `REVO_ARGUMENT_INVALID` for a hole, with its index. */
export function entryOf(items: readonly unknown[], index: number): EnqueueEntry {
  const item = items[index];
  if (typeof item !== "object" || item === null) {
    throw argumentError(
      "REVO_ARGUMENT_INVALID",
      `[${index}]`,
      "to be a job or an object with a `job`",
      item,
    );
  }
  const prototype: unknown = Object.getPrototypeOf(item);
  const isPlain = prototype === Object.prototype || prototype === null;
  if (!isPlain || !Object.hasOwn(item, "job")) return { job: item, options: undefined };
  const { job, ...options } = item as { readonly job: unknown } & EnqueueOptions;
  return { job, options };
}

function toSending(prepared: PreparedJob): Sending {
  return { job: prepared.job, mayExist: prepared.idGiven, prepared };
}

function handleOf(outcome: EnqueueOutcome | undefined): JobHandle {
  if (outcome?.kind === "stored") return outcome.job;
  throw outcome?.error;
}

function append<T>(into: T[], items: readonly T[]): void {
  for (const item of items) into.push(item);
}

/** The error of a chunk holds for its own items; those after it were never sent. */
function errorFor(id: string, error: unknown, chunk: readonly Sending[]): unknown {
  if (chunk.some(({ job }) => job.id === id)) return error;
  return new RevoError(
    "REVO_STORAGE_UNAVAILABLE",
    "Not sent, since the storage refused the jobs before it",
    { cause: error },
  );
}

/** Names the item in the path and the message. */
function atIndex(error: unknown, index: number): unknown {
  if (error instanceof RevoArgumentError) {
    const path = error.path === "" ? `[${index}]` : `[${index}].${error.path}`;
    const message = error.message.replace(`\`${error.path}\``, `\`${path}\``);
    return new RevoArgumentError(error.code, message, path, { cause: error });
  }
  if (error instanceof RevoError) {
    return new RevoError(error.code, `Item [${index}]: ${error.message}`, { cause: error });
  }
  return error;
}
