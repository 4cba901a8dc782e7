import { RevoError } from "../errors.ts";
import type { JobTypeRegistry } from "../handlers/job-type-registry.ts";
import { contentOf, notRegistered } from "../handlers/job-type-registry.ts";
import { argumentError, unreadable } from "../job/argument-error.ts";
import { parseDuration, type Duration } from "../job/duration.ts";
import { decodeEnvelope } from "../job/envelope.ts";
import { parseInstant, type Instant } from "../job/instant.ts";
import type { JobId, TimedStart } from "../job/job-record.ts";
import type { JobState } from "../job/job-state.ts";
import { assertQueue } from "../job/names.ts";
import { assertKnownKeys, ownOptions } from "../job/option-keys.ts";
import { parseBoolean } from "../job/option-values.ts";
import type { Retention } from "../job/retention.ts";
import type { ControlRequest, ControlResult } from "../storage/control.ts";
import type { IJobStorage } from "../storage/job-storage.ts";
import type { IClock } from "../support/clock.ts";
import {
  actionKeys,
  assertReason,
  resolveAction,
  resolveActor,
  type ActionOptions,
} from "./action-options.ts";
import type { JobPreparation } from "./job-preparation.ts";
import {
  describeReference,
  jobNotFound,
  parseReference,
  resolveReference,
  type JobReference,
  type ParsedReference,
} from "./job-reference.ts";
import type { JobUpdate, PauseOptions, RequeueOptions } from "./job-scheduler.ts";

export interface JobControlParts {
  readonly storage: Pick<IJobStorage, "control" | "monitor">;
  readonly registry: JobTypeRegistry;
  readonly preparation: JobPreparation;
  readonly clock: IClock;
  readonly retention: Retention;
}

/** From where a job may be deleted by its reference: what has succeeded is no longer to be prevented. */
const deletable: readonly JobState[] = [
  "scheduled",
  "enqueued",
  "awaiting",
  "throttled",
  "processing",
  "failed",
];

type ActOn = (request: ControlRequest) => Promise<readonly ControlResult[]>;

/** What can be done to single jobs and to queues. */
export class JobControl {
  readonly #parts: JobControlParts;

  constructor(parts: JobControlParts) {
    this.#parts = parts;
  }

  async delete(reference: JobReference, options: ActionOptions = {}): Promise<boolean> {
    const parsed = parseReference(reference);
    const action = { from: deletable, ...resolveAction(options) };
    const id = await resolveReference(this.#parts.storage.monitor, parsed);
    if (id === null) return false;
    const { control } = this.#parts.storage;
    const retainMs = this.#parts.retention.deletedMs;
    const [result] = await control.delete({ ids: [id], ...action, retainMs });
    return result?.kind === "done" || result?.kind === "requested";
  }

  async requeue(reference: JobReference, options: RequeueOptions = {}): Promise<void> {
    assertKnownKeys(options, [...actionKeys, "resetAttempts"], "options");
    const { resetAttempts = true, ...rest } = ownOptions(options);
    parseBoolean(resetAttempts, "resetAttempts");
    await this.#act(reference, rest, (request) =>
      this.#parts.storage.control.requeue({ ...request, resetAttempts }),
    );
  }

  async runNow(reference: JobReference, options: Omit<ActionOptions, "from"> = {}): Promise<void> {
    assertKnownKeys(options, ["actor", "reason"], "options");
    const parsed = parseReference(reference);
    const action = { ...resolveAction(options), from: ["scheduled"] as const };
    const id = await this.#idOf(parsed);
    const { control } = this.#parts.storage;
    const [result] = await control.requeue({ ids: [id], ...action, resetAttempts: false });
    if (result?.kind === "conflict" && result.state === "enqueued") return;
    assertDone(parsed, result);
  }

  async reschedule(
    reference: JobReference,
    at: Instant | { readonly delay: Duration },
    options: ActionOptions = {},
  ): Promise<void> {
    const start = parseStart(at, "at", this.#parts.clock.nowMs());
    await this.#act(reference, options, (request) =>
      this.#parts.storage.control.reschedule({ ...request, start }),
    );
  }

  async update(
    reference: JobReference,
    update: JobUpdate,
    options: ActionOptions = {},
  ): Promise<void> {
    assertKnownKeys(update, ["priority", "queue", "payload"], "update");
    const own = ownOptions(update);
    const move = parseMove(own, "update");
    if (move === null && own.payload === undefined) {
      throw argumentError(
        "REVO_ARGUMENT_INVALID",
        "update",
        "to have a `payload`, `queue` or `priority`",
        update,
      );
    }
    const action = resolveAction(options);
    const parsed = parseReference(reference);
    const id = await this.#idOf(parsed);
    if (own.payload !== undefined) {
      await this.#replaceContent(parsed, { ids: [id], ...action }, own.payload);
    }
    if (move !== null) {
      const [result] = await this.#parts.storage.control.move({ ids: [id], ...action, ...move });
      assertDone(parsed, result);
    }
  }

  async pauseQueue(queue: string, options: PauseOptions): Promise<void> {
    assertQueue(queue, "queue");
    assertKnownKeys(options, ["reason", "for", "actor"], "options");
    const { reason, for: duration, actor } = ownOptions(options);
    assertReason(reason);
    await this.#parts.storage.control.pauseQueue({
      queue,
      actor: resolveActor(actor),
      reason,
      ...(duration === undefined ? {} : { forMs: parseDuration(duration, "for", { minMs: 1 }) }),
    });
  }

  async resumeQueue(queue: string, options: { readonly actor?: string } = {}): Promise<void> {
    assertQueue(queue, "queue");
    assertKnownKeys(options, ["actor"], "options");
    const actor = resolveActor(ownOptions(options).actor);
    await this.#parts.storage.control.resumeQueue({ queue, actor });
  }

  async #act(reference: JobReference, options: ActionOptions, act: ActOn): Promise<void> {
    const parsed = parseReference(reference);
    const action = resolveAction(options);
    const id = await this.#idOf(parsed);
    const [result] = await act({ ids: [id], ...action });
    assertDone(parsed, result);
  }

  /** The type's schema and the rest of the envelope come from what is stored, so the job is read first. */
  async #replaceContent(
    parsed: ParsedReference,
    request: ControlRequest,
    payload: unknown,
  ): Promise<void> {
    const { storage, registry, preparation } = this.#parts;
    const [record = null] = await storage.monitor.get(request.ids);
    if (record === null) throw jobNotFound(parsed);
    const type = registry.find(record.type);
    if (type === undefined) throw notRegistered(record.type);
    const content = typeof payload === "object" && payload !== null ? contentOf(payload) : payload;
    await preparation.validate(type, content);
    const envelope = decodeEnvelope(record.texts?.envelope ?? "{}");
    const [result] = await storage.control.replaceContent({
      ...request,
      ...preparation.encode(type, content, envelope),
      tags: record.tags,
      maxAttempts: record.maxAttempts,
    });
    assertDone(parsed, result);
  }

  async #idOf(parsed: ParsedReference): Promise<JobId> {
    const id = await resolveReference(this.#parts.storage.monitor, parsed);
    if (id === null) throw jobNotFound(parsed);
    return id;
  }
}

/** @throws As {@link parseInstant} and {@link parseDuration}. */
export function parseStart(
  at: Instant | { readonly delay: Duration },
  path: string,
  nowMs: number,
): TimedStart {
  if (!hasDelay(at, path)) return { kind: "at", runAt: parseInstant(at, path, nowMs) };
  assertKnownKeys(at, ["delay"], path);
  return { kind: "delay", delayMs: parseDuration(ownOptions(at).delay, `${path}.delay`) };
}

function hasDelay(
  at: Instant | { readonly delay: Duration },
  path: string,
): at is { readonly delay: Duration } {
  try {
    return typeof at === "object" && at !== null && "delay" in at;
  } catch (error) {
    throw unreadable(error, path);
  }
}

/** @returns `null` when there is nowhere to move to. @throws `REVO_NAME_INVALID`, `REVO_ARGUMENT_INVALID`. */
export function parseMove(
  target: { readonly queue?: string; readonly priority?: number },
  path: string,
): { readonly queue?: string; readonly priority?: number } | null {
  const { queue, priority } = target;
  if (queue === undefined && priority === undefined) return null;
  if (queue !== undefined) assertQueue(queue, `${path}.queue`);
  if (priority !== undefined && !(Number.isInteger(priority) && priority >= 0 && priority <= 9)) {
    throw argumentError(
      "REVO_ARGUMENT_INVALID",
      `${path}.priority`,
      "to be an integer from 0 to 9",
      priority,
    );
  }
  return {
    ...(queue === undefined ? {} : { queue }),
    ...(priority === undefined ? {} : { priority }),
  };
}

function assertDone(parsed: ParsedReference, result: ControlResult | undefined): void {
  switch (result?.kind) {
    case "done":
    case "requested":
      return;
    case undefined:
    case "not-found":
      throw jobNotFound(parsed);
    case "conflict":
      throw new RevoError(
        "REVO_JOB_STATE_CONFLICT",
        `Job ${describeReference(parsed)} is ${result.state}, from where this can't be done; nothing changed`,
      );
    case "duplicate":
      throw new RevoError(
        "REVO_JOB_DUPLICATE",
        `The unique key of job ${describeReference(parsed)} is held by job ${result.jobId} now; nothing changed`,
      );
  }
}
