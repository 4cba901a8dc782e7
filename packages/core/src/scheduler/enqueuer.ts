import { RevoArgumentError, RevoError } from "../errors.ts";
import type { EventHub } from "../events/event-hub.ts";
import { argumentError, unreadable } from "../job/argument-error.ts";
import type { EnqueueOptions } from "../job/enqueue-options.ts";
import type { JobRecord } from "../job/job-record.ts";
import type { EnqueueResult } from "../storage/enqueue.ts";
import type { IJobStorage } from "../storage/job-storage.ts";
import type { IClock } from "../support/clock.ts";
import { compareStored, readAnswer, type EnqueueAnswer } from "./enqueue-answer.ts";
import { EnqueueBuffer, maxInFlight } from "./enqueue-buffer.ts";
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
    const result = await this.#buffer.add(prepared.job, prepared.mayExist);
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

  /** The chunks leave in order, {@link maxInFlight} on their way at once: so jobs of one call keep their order within a queue. */
  async #sendAll(all: readonly PreparedJob[]): Promise<readonly EnqueueOutcome[]> {
    const chunks = chunksOf(all, this.#parts.storage.capabilities.maxBatch);
    const outcomes: (readonly EnqueueOutcome[])[] = [];
    let next = 0;
    const refusals: unknown[] = [];
    const sendNext = async (): Promise<void> => {
      // What the storage refuses for one chunk it refuses for the next: the rest is not even tried.
      while (next < chunks.length && refusals.length === 0) {
        const place = next++;
        const chunk = chunks[place] ?? [];
        try {
          outcomes[place] = await this.#sendChunk(chunk);
        } catch (error) {
          refusals.push(error);
          outcomes[place] = chunk.map(({ job }) => ({ kind: "failed", id: job.id, error }));
        }
      }
    };
    await Promise.all(Array.from({ length: maxInFlight }, sendNext));
    return chunks.flatMap((chunk, place) => outcomes[place] ?? notSent(chunk, refusals[0]));
  }

  async #sendChunk(chunk: readonly PreparedJob[]): Promise<readonly EnqueueOutcome[]> {
    const jobs = chunk.map(({ job }) => job);
    const results = await this.#sender.send(jobs, chunk[0]?.mayExist === true);
    return await this.#judge(chunk, results);
  }

  /** A failure in a transaction is the transaction's: it is thrown as it is, and the caller rolls back. */
  async #sendIn(
    transaction: TTransaction,
    all: readonly PreparedJob[],
  ): Promise<readonly EnqueueOutcome[]> {
    const transactions = this.#assertTransactions();
    const outcomes: EnqueueOutcome[] = [];
    for (const chunk of chunksOf(all, this.#parts.storage.capabilities.maxBatch)) {
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
    chunk: readonly PreparedJob[],
    results: readonly EnqueueResult[],
  ): Promise<readonly EnqueueOutcome[]> {
    const outcomes: EnqueueOutcome[] = [];
    const unsure: number[] = [];
    for (const [i, prepared] of chunk.entries()) {
      const result = results[i];
      const answer =
        result === undefined ? ({ kind: "compare" } as const) : readAnswer(prepared, result);
      if (answer.kind === "compare") unsure.push(i);
      else outcomes[i] = this.#outcome(prepared, answer);
    }
    const doubtful = unsure.map((i) => chunk[i] as PreparedJob);
    for (const [n, answer] of (await this.#compare(doubtful)).entries()) {
      outcomes[unsure[n] as number] = this.#outcome(doubtful[n] as PreparedJob, answer);
    }
    return outcomes;
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
  try {
    return takenApart(item);
  } catch (error) {
    throw unreadable(error, `[${index}]`);
  }
}

function takenApart(item: object): EnqueueEntry {
  const prototype: unknown = Object.getPrototypeOf(item);
  const isPlain = prototype === Object.prototype || prototype === null;
  if (!isPlain || !Object.hasOwn(item, "job")) return { job: item, options: undefined };
  const { job, ...options } = item as { readonly job: unknown } & EnqueueOptions;
  // Without any option of its own it shares what its job type has.
  for (const _ in options) return { job, options };
  return { job, options: undefined };
}

function handleOf(outcome: EnqueueOutcome | undefined): JobHandle {
  if (outcome?.kind === "stored") return outcome.job;
  throw outcome?.error;
}

function append<T>(into: T[], items: readonly T[]): void {
  for (const item of items) into.push(item);
}

function chunksOf(
  items: readonly PreparedJob[],
  maxBatch: number,
): readonly (readonly PreparedJob[])[] {
  const chunks: (readonly PreparedJob[])[] = [];
  for (let start = 0; start < items.length; ) {
    const end = start + chunkLength(items, start, maxBatch);
    chunks.push(items.slice(start, end));
    start = end;
  }
  return chunks;
}

function notSent(chunk: readonly PreparedJob[], cause: unknown): readonly EnqueueOutcome[] {
  return chunk.map(({ job }) => ({
    kind: "failed",
    id: job.id,
    error: new RevoError(
      "REVO_STORAGE_UNAVAILABLE",
      "Not sent, since the storage refused the jobs before it",
      { cause },
    ),
  }));
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
