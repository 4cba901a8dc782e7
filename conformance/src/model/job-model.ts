import type { ControlResult, EnqueueResult, JobId, SettleStatus } from "@revojs/core";
import {
  MODEL_CRASH_DELAY_MINUTES,
  MODEL_RETAIN_MINUTES,
  type ModelOutcome,
} from "./model-command.ts";
import { isFinal, type ModelJob } from "./model-job.ts";
import { UniqueModel } from "./unique-model.ts";

/** What a new job brings; everything else begins at nothing. */
export type NewModelJob = Pick<
  ModelJob,
  "id" | "queue" | "priority" | "payload" | "maxCrashes" | "key" | "scope"
> & { readonly minutes: number; readonly isReplacing: boolean };

/**
 * The contract as a small program in memory: what must be stored and answered after each step. It knows no clock but counted
 * minutes, no races, and no cost.
 */
export class JobModel {
  readonly jobs: Map<JobId, ModelJob> = new Map<JobId, ModelJob>();
  readonly keys: UniqueModel = new UniqueModel();
  /** Queue to the minute at which its pause ends. */
  readonly #pauses = new Map<string, number>();
  #minute = 0;
  #order = 0;

  enqueue(request: NewModelJob): EnqueueResult {
    const holderId = request.key === undefined ? undefined : this.keys.holderOf(request.key);
    if (holderId !== undefined) return this.#meetHolder(holderId, request);
    const { minutes, isReplacing: _isReplacing, ...given } = request;
    const job: ModelJob = {
      ...given,
      state: "enqueued",
      attempt: 0,
      crashes: 0,
      releases: 0,
      place: 0,
      dueMinute: 0,
      dueOrder: 0,
      expiresMinute: 0,
      serverId: undefined,
      token: undefined,
      isSettled: false,
      isTouched: false,
      isStarting: false,
      isDeletionRequested: false,
    };
    this.jobs.set(job.id, job);
    this.#start(job, minutes);
    this.keys.take(job, this.#minute);
    return { kind: "created" };
  }

  /** Moves up to `limit` due jobs, earliest first. */
  promote(limit: number): number {
    const due = this.#due().slice(0, limit);
    for (const job of due) this.#toTail(job);
    return due.length;
  }

  /** Minutes until the next job is due; `null`: none is scheduled. */
  nextDueInMinutes(): number | null {
    const minutes = this.#of("scheduled").map((job) => Math.max(job.dueMinute - this.#minute, 0));
    return minutes.length === 0 ? null : Math.min(...minutes);
  }

  claim(serverId: string, token: string, queues: readonly string[], limit: number): ModelJob[] {
    const open = queues.filter((queue) => (this.#pauses.get(queue) ?? 0) <= this.#minute);
    const jobs = open.flatMap((queue) => this.#ready(queue)).slice(0, limit);
    for (const job of jobs) {
      const isSettled = false;
      Object.assign(job, { state: "processing", serverId, token, isSettled, isTouched: false });
      job.attempt++;
      this.keys.started(job);
    }
    return jobs;
  }

  /** The statuses that may be answered. */
  settle(jobId: JobId, token: string, outcome: ModelOutcome): readonly SettleStatus[] {
    const job = this.jobs.get(jobId);
    if (job === undefined) return ["gone"];
    if (job.token !== token) return ["stale"];
    if (job.isSettled) return job.isTouched ? ["already", "stale"] : ["already"];
    const isDeleted = job.isDeletionRequested && outcome.kind !== "succeed";
    // The outcome is stored but for the state, so a release gives its attempt back.
    if (isDeleted && outcome.kind === "release" && outcome.refundAttempt) job.attempt--;
    this.#end(job, isDeleted ? { ...outcome, kind: "delete" } : outcome);
    job.isSettled = true;
    return [isDeleted ? "deleted" : "settled"];
  }

  start(jobId: JobId, token: string): void {
    const job = this.jobs.get(jobId);
    if (job?.state === "processing" && job.token === token) job.isStarting = true;
  }

  recover(serverId: string): Readonly<Record<"returned" | "failed" | "deleted", JobId[]>> {
    const reply = { returned: [] as JobId[], failed: [] as JobId[], deleted: [] as JobId[] };
    for (const job of this.held(serverId)) {
      job.attempt--;
      const isFirst = job.crashes === 0 && job.maxCrashes > 0;
      if (job.isStarting || isFirst) job.crashes++;
      if (job.isDeletionRequested) {
        this.#finish(job, "deleted");
        reply.deleted.push(job.id);
      } else if (job.crashes > job.maxCrashes) {
        this.#finish(job, "failed");
        reply.failed.push(job.id);
      } else {
        if (job.isStarting) this.#start(job, MODEL_CRASH_DELAY_MINUTES);
        else job.state = "enqueued";
        reply.returned.push(job.id);
      }
      Object.assign(job, { token: undefined, isStarting: false, isDeletionRequested: false });
    }
    return reply;
  }

  delete(jobId: JobId): ControlResult {
    return this.#act(jobId, (job) => {
      if (job.state === "processing") {
        job.isDeletionRequested = true;
        return { kind: "requested" };
      }
      if (job.state !== "deleted") this.#finish(job, "deleted");
      return { kind: "done" };
    });
  }

  requeue(jobId: JobId, resetAttempts: boolean): ControlResult {
    return this.#act(jobId, (job) => {
      if (job.state === "enqueued" || job.state === "processing") return conflict(job);
      const holderId = job.key === undefined ? undefined : this.keys.holderOf(job.key);
      if (isFinal(job.state)) {
        if (holderId !== undefined && holderId !== job.id) {
          return { kind: "duplicate", jobId: holderId };
        }
        this.keys.take(job, this.#minute);
      }
      Object.assign(job, { crashes: 0, releases: 0, ...(resetAttempts ? { attempt: 0 } : {}) });
      this.#toTail(job);
      return { kind: "done" };
    });
  }

  reschedule(jobId: JobId, minutes: number): ControlResult {
    return this.#actOnWaiting(jobId, (job) => this.#start(job, minutes));
  }

  move(jobId: JobId, queue: string): ControlResult {
    return this.#actOnWaiting(jobId, (job) => {
      job.queue = queue;
      if (job.state === "enqueued") this.#toTail(job);
    });
  }

  replaceContent(jobId: JobId, payload: string): ControlResult {
    return this.#actOnWaiting(jobId, (job) => {
      job.payload = payload;
    });
  }

  /** `minutes` 0: without end. */
  pause(queue: string, minutes: number): void {
    const untilMinute = minutes === 0 ? Number.POSITIVE_INFINITY : this.#minute + minutes;
    this.#pauses.set(queue, untilMinute);
  }

  resume(queue: string): void {
    this.#pauses.delete(queue);
  }

  /** Lets time pass; what was kept long enough is pruned. */
  advance(minutes: number): void {
    this.#minute += minutes;
    this.keys.expire(this.#minute);
    for (const job of this.jobs.values()) {
      if (!isFinal(job.state) || job.expiresMinute > this.#minute) continue;
      this.keys.pruned(job);
      this.jobs.delete(job.id);
    }
  }

  held(serverId: string): readonly ModelJob[] {
    return this.#of("processing").filter((job) => job.serverId === serverId);
  }

  #meetHolder(holderId: JobId, request: NewModelJob): EnqueueResult {
    const holder = this.jobs.get(holderId);
    const isWaiting = holder?.state === "enqueued" || holder?.state === "scheduled";
    if (!request.isReplacing || !isWaiting) return { kind: "duplicate", jobId: holderId };
    Object.assign(holder, { payload: request.payload, priority: request.priority });
    holder.isTouched = true;
    this.#start(holder, request.minutes);
    return { kind: "replaced", jobId: holderId };
  }

  #end(job: ModelJob, { kind, minutes, refundAttempt }: ModelOutcome): void {
    Object.assign(job, { isStarting: false, isDeletionRequested: false });
    switch (kind) {
      case "succeed":
        return this.#finish(job, "succeeded");
      case "fail":
        return this.#finish(job, "failed");
      case "delete":
        return this.#finish(job, "deleted");
      case "retry":
        Object.assign(job, { crashes: 0, releases: 0 });
        return this.#start(job, minutes);
      case "release":
        job.releases++;
        if (refundAttempt) job.attempt--;
        if (minutes > 0) return this.#start(job, minutes);
        job.state = "enqueued";
    }
  }

  #finish(job: ModelJob, state: "succeeded" | "failed" | "deleted"): void {
    job.state = state;
    job.expiresMinute = this.#minute + MODEL_RETAIN_MINUTES;
    this.keys.finished(job);
  }

  #start(job: ModelJob, minutes: number): void {
    if (minutes === 0) return this.#toTail(job);
    job.state = "scheduled";
    job.dueMinute = this.#minute + minutes;
    job.dueOrder = this.#order++;
  }

  #toTail(job: ModelJob): void {
    job.state = "enqueued";
    job.place = this.#order++;
  }

  #actOnWaiting(jobId: JobId, change: (job: ModelJob) => void): ControlResult {
    return this.#act(jobId, (job) => {
      if (job.state !== "enqueued" && job.state !== "scheduled") return conflict(job);
      change(job);
      return { kind: "done" };
    });
  }

  #act(jobId: JobId, act: (job: ModelJob) => ControlResult): ControlResult {
    const job = this.jobs.get(jobId);
    if (job === undefined) return { kind: "not-found" };
    if (job.state !== "processing") job.isTouched = true;
    return act(job);
  }

  #due(): readonly ModelJob[] {
    return this.#of("scheduled")
      .filter((job) => job.dueMinute <= this.#minute)
      .toSorted((a, b) => a.dueMinute - b.dueMinute || a.dueOrder - b.dueOrder);
  }

  #ready(queue: string): readonly ModelJob[] {
    return this.#of("enqueued")
      .filter((job) => job.queue === queue)
      .toSorted((a, b) => a.priority - b.priority || a.place - b.place);
  }

  #of(state: ModelJob["state"]): readonly ModelJob[] {
    return [...this.jobs.values()].filter((job) => job.state === state);
  }
}

function conflict(job: ModelJob): ControlResult {
  return { kind: "conflict", state: job.state };
}
