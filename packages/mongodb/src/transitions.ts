import type { JobState } from "@revojs/core";
import type { Document, UpdateFilter } from "mongodb";
import type { HeldKey, JobDocument, StoredHistoryEntry } from "./documents.ts";
import { after } from "./times.ts";

/** The newest entries that a job keeps. */
const KEPT_ENTRIES = 20;

/** What is to be written of one job. */
export type JobWrite =
  | { readonly kind: "update"; readonly update: UpdateFilter<JobDocument> }
  /** The job is gone, id and all. */
  | { readonly kind: "delete" };

/** How a job ended. */
export interface Ending {
  readonly state: "succeeded" | "failed" | "deleted";
  readonly reason?: string;
  /** 0: it is dropped at once. */
  readonly retainMs: number;
}

/** What a transition has to know of the job that it changes. */
export type JobFacts = Partial<
  Pick<JobDocument, "discardAfterMs" | "discardAt" | "startedAt" | "keys" | "crashes" | "lingers">
>;

/**
 * Gathers what one write changes. Plain operators, no pipelines: they are a sixth cheaper, and a text that begins with `$` is
 * only a text in them.
 */
export class JobChange {
  readonly #nowMs: number;
  readonly #set: Record<string, unknown> = {};
  readonly #unset: Record<string, true> = {};
  readonly #inc: Record<string, number> = { rev: 1 };
  readonly #history: StoredHistoryEntry[] = [];
  #freed: readonly HeldKey["scope"][] = [];
  #toTail = false;

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  set(fields: Partial<Record<keyof JobDocument, unknown>>): this {
    Object.assign(this.#set, fields);
    return this;
  }

  unset(...fields: readonly (keyof JobDocument)[]): this {
    for (const field of fields) this.#unset[field] = true;
    return this;
  }

  add(field: "attempt" | "crashes" | "releases", by: number): this {
    if (by !== 0) this.#inc[field] = by;
    return this;
  }

  note(entry: Omit<StoredHistoryEntry, "at">): this {
    this.#history.push({ at: new Date(this.#nowMs), ...entry });
    return this;
  }

  /** To the tail of its band. */
  enqueue(job: JobFacts): this {
    this.#toTail = true;
    this.set({ state: "enqueued", enqueuedAt: new Date(this.#nowMs) }).unset("dueAt");
    // The time to be claimed in begins once, with the first queue that it enters.
    const watched =
      job.discardAfterMs !== undefined &&
      job.startedAt === undefined &&
      job.discardAt === undefined;
    if (watched) this.set({ discardAt: after(this.#nowMs, job.discardAfterMs) });
    return this;
  }

  /** To where it was in its band before it was claimed. */
  putBack(): this {
    return this.set({ state: "enqueued" });
  }

  /** To wait for a time. */
  schedule(dueAt: Date): this {
    this.#toTail = true;
    return this.set({ state: "scheduled", dueAt }).unset("discardAt");
  }

  free(...scopes: readonly HeldKey["scope"][]): this {
    this.#freed = scopes;
    return this;
  }

  toWrite(): JobWrite {
    return { kind: "update", update: this.toUpdate() };
  }

  toUpdate(): UpdateFilter<JobDocument> {
    const unset = Object.keys(this.#unset).filter((field) => !(field in this.#set));
    const update: Document = { $inc: this.#inc };
    if (Object.keys(this.#set).length > 0) update["$set"] = this.#set;
    if (unset.length > 0) update["$unset"] = Object.fromEntries(unset.map((field) => [field, ""]));
    if (this.#toTail) update["$currentDate"] = { order: { $type: "timestamp" } };
    if (this.#freed.length > 0) update["$pull"] = { keys: { scope: { $in: [...this.#freed] } } };
    if (this.#history.length > 0)
      update["$push"] = { history: { $each: this.#history, $slice: -KEPT_ENTRIES } };
    return update;
  }
}

/** Ends a job: keeps it for as long as asked, or drops it. `change` may hold more that belongs to the same write. */
export function endJob(change: JobChange, job: JobFacts, ending: Ending, nowMs: number): JobWrite {
  if (ending.retainMs <= 0) return drop(job, nowMs);
  change
    .set({
      state: ending.state,
      finishedAt: new Date(nowMs),
      expiresAt: after(nowMs, ending.retainMs),
      ...(ending.reason !== undefined && { reason: ending.reason }),
    })
    .unset("dueAt", "discardAt", "releases", "starting");
  if (ending.state !== "failed") change.unset("crashes");
  if (job.keys !== undefined) change.free(...scopesFreedBy(ending.state));
  return change.toWrite();
}

/** Removes a finished job. The window of a unique key outlives it. */
export function drop({ keys }: JobFacts, nowMs: number): JobWrite {
  const until = keys?.find((key) => key.until !== undefined && key.until.getTime() > nowMs)?.until;
  if (until === undefined) return { kind: "delete" };
  return new JobChange(nowMs)
    .set({ state: "dropped", expiresAt: until, payload: "", envelope: "", lingers: true })
    .free("untilStarted", "untilFinished", "retained")
    .unset(
      "tags",
      "history",
      "result",
      "reason",
      "fingerprint",
      "server",
      "token",
      "deletion",
      "finishedAt",
      "discardAt",
      "dueAt",
      "starting",
    )
    .toWrite();
}

/** Which keys a job lets go of at its end. */
function scopesFreedBy(state: Ending["state"]): readonly HeldKey["scope"][] {
  return state === "deleted"
    ? ["untilStarted", "untilFinished", "retained"]
    : ["untilStarted", "untilFinished"];
}

/** The attempt that ends, as the history tells it. */
export function attemptEnd(
  job: Pick<JobDocument, "attempt" | "startedAt" | "server">,
  ended: Pick<StoredHistoryEntry, "reason" | "error"> & { readonly to: JobState },
): Omit<StoredHistoryEntry, "at"> {
  return {
    from: "processing",
    to: ended.to,
    attempt: job.attempt,
    ...(job.startedAt !== undefined && { startedAt: job.startedAt }),
    ...(job.server !== undefined && { serverId: job.server }),
    ...(ended.reason !== undefined && { reason: ended.reason }),
    ...(ended.error !== undefined && {
      error: { fingerprint: ended.error.fingerprint, text: ended.error.text },
    }),
  };
}
