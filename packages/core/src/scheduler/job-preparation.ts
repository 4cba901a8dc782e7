import { RevoError } from "../errors.ts";
import { contentOf, type JobTypeRegistry } from "../handlers/job-type-registry.ts";
import type { Headers } from "../handlers/context-carrier.ts";
import type { JobType } from "../handlers/job-type.ts";
import { validate } from "../handlers/validate.ts";
import { encodeEnvelope, type JobEnvelope } from "../job/envelope.ts";
import { assertHeaders } from "../job/headers.ts";
import { newJobId } from "../job/job-id.ts";
import {
  resolveEnqueueOptions,
  type EnqueueOptions,
  type ResolvedEnqueue,
} from "../job/enqueue-options.ts";
import type { NewJob } from "../job/job-record.ts";
import { encodePayload } from "../job/payload.ts";
import type { IClock } from "../support/clock.ts";

/** A job ready to be stored, and what is needed to judge the storage's answer. */
export interface PreparedJob {
  readonly job: NewJob;
  /** The caller chose the id: the same job may be stored already. */
  readonly mayExist: boolean;
  /** Throw when the unique key is taken. */
  readonly reject: boolean;
  /** The unique key in the caller's words. */
  readonly key: string | null;
  /** False: a result would be dropped with the succeeded job, at once. */
  readonly keepsResult: boolean;
}

export interface JobPreparationParts {
  readonly registry: JobTypeRegistry;
  readonly clock: IClock;
  readonly captureHeaders: () => Readonly<Record<string, string>> | null;
  readonly maxPayloadBytes: number;
}

/** An envelope without what comes from the payload. */
export type EnvelopeRest = Omit<JobEnvelope, "version" | "meta">;

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Longest time an asynchronous schema may take, in milliseconds. */
const maxSchemaMs = 30_000;

/** From a job and options to what is stored: the only place that looks up, validates, defaults and encodes. */
export class JobPreparation {
  readonly #parts: JobPreparationParts;

  constructor(parts: JobPreparationParts) {
    this.#parts = parts;
  }

  /**
   * Prepares a job; a promise only where the schema of its type is asynchronous.
   *
   * The payload is kept as given, not as the schema would transform it: it is validated again before each run, and what
   * transforms must transform once.
   */
  prepare(job: unknown, options: EnqueueOptions | undefined): PreparedJob | Promise<PreparedJob> {
    const type = this.#parts.registry.ofJob(job, "job");
    const nowMs = options === undefined ? 0 : this.#parts.clock.nowMs();
    const resolved = resolveEnqueueOptions(options, type.options, nowMs, "");
    const content = contentOf(job as object);
    const validated = this.validate(type, content);
    return validated === null
      ? this.#build(type, resolved, content)
      : validated.then(() => this.#build(type, resolved, content));
  }

  /** Encodes new content of a stored job, with the rest of its envelope as it was. */
  encode(
    type: JobType,
    content: unknown,
    rest: EnvelopeRest,
  ): Pick<NewJob, "payload" | "envelope"> {
    const { text, meta } = encodePayload(content, { maxBytes: this.#parts.maxPayloadBytes });
    // Assigned one by one: this runs for each job, and spreads of what is mostly absent are dear.
    const envelope: Mutable<JobEnvelope> = { version: type.version, headers: rest.headers };
    if (meta !== undefined) envelope.meta = meta;
    if (rest.timeoutMs !== undefined) envelope.timeoutMs = rest.timeoutMs;
    if (rest.retry !== undefined) envelope.retry = rest.retry;
    if (rest.retention !== undefined) envelope.retention = rest.retention;
    if (rest.uniqueKey !== undefined) envelope.uniqueKey = rest.uniqueKey;
    return { payload: text, envelope: encodeEnvelope(envelope) };
  }

  /**
   * Validates content by the schema of its type.
   * @returns `null` when that is done; a promise where the schema is asynchronous.
   * @throws `REVO_PAYLOAD_INVALID`; `REVO_TIMEOUT` for a schema that takes longer than 30 s.
   */
  validate(type: JobType, content: unknown): Promise<void> | null {
    if (type.schema === null) return null;
    const output = validate(type.schema, content, "payload");
    return output instanceof Promise ? this.#withTimeout(output, type.name) : null;
  }

  #build(type: JobType, resolved: ResolvedEnqueue, content: unknown): PreparedJob {
    const captured = this.#parts.captureHeaders();
    const { unique, uniqueReadable, discardAfterMs, retention } = resolved;
    const isPlain = captured === null && uniqueReadable === undefined;
    const { payload, envelope } = this.encode(
      type,
      content,
      isPlain
        ? resolved
        : {
            ...resolved,
            headers: captured === null ? resolved.headers : together(captured, resolved.headers),
            ...(uniqueReadable === undefined ? {} : { uniqueKey: uniqueReadable }),
          },
    );
    const job: Mutable<NewJob> = {
      id: resolved.id ?? newJobId(),
      type: type.name,
      queue: resolved.queue,
      priority: resolved.priority,
      payload,
      envelope,
      tags: resolved.tags,
      maxAttempts: resolved.maxAttempts,
      maxCrashes: resolved.maxCrashes,
      start: resolved.start,
    };
    if (discardAfterMs !== null) {
      job.discardAfterMs = discardAfterMs;
      job.discardRetainMs = (retention ?? type.options.retention).deletedMs;
    }
    if (unique !== undefined) job.unique = unique;
    return {
      job,
      mayExist: resolved.id !== undefined,
      reject: resolved.reject,
      key: uniqueReadable ?? null,
      keepsResult: (retention ?? type.options.retention).succeededMs > 0,
    };
  }

  #withTimeout(output: Promise<unknown>, type: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.#parts.clock.schedule(maxSchemaMs, () => {
        reject(
          new RevoError(
            "REVO_TIMEOUT",
            `The schema of "${type}" did not come to an end within ${maxSchemaMs} ms; nothing was stored`,
          ),
        );
      });
      output.then(
        () => {
          timer.cancel();
          resolve();
        },
        (error: unknown) => {
          timer.cancel();
          reject(error);
        },
      );
    });
  }
}

/** @throws `REVO_ARGUMENT_INVALID`: what was captured may come from a request, which may hold anything. */
function together(captured: Headers, given: Headers): Headers {
  const headers = { ...captured, ...given };
  assertHeaders(headers, "headers");
  return headers;
}
