import { argumentError } from "./argument-error.ts";
import { type Duration, parseDuration } from "./duration.ts";
import { noHeaders, resolveHeaders } from "./headers.ts";
import { type Instant, parseInstant } from "./instant.ts";
import { assertJobId } from "./job-id.ts";
import {
  type JobOptions,
  jobKeys,
  parseTimeout,
  prefixOf,
  type ResolvedTypeOptions,
  resolveShared,
} from "./job-options.ts";
import type { JobId, TimedStart, UniqueKey } from "./job-record.ts";
import { assertKnownKeys, ownOptions } from "./option-keys.ts";
import { type Retention, resolveRetention } from "./retention.ts";
import { type ResolvedStoredRetryPolicy, resolveStoredRetryPolicy } from "./retry-policy.ts";
import { resolveUniqueKey, type UniqueKeyOptions } from "./unique-key.ts";

export type { UniqueKeyOptions };

/** Options of one enqueue. */
export interface EnqueueOptions extends JobOptions {
  /** Start no earlier than this from now, by the storage's clock. Not together with `runAt`. */
  readonly delay?: Duration;
  /** Start no earlier than this. In the past: at once. At most 100 years ahead. Not together with `delay`. */
  readonly runAt?: Instant;
  /** A UUID chosen by the caller: repeating the enqueue with the same id and content is safe. @defaultValue a UUIDv7 */
  readonly id?: string;
  /** At most one job with this key at a time. A string means `{ key }`. */
  readonly uniqueKey?: string | UniqueKeyOptions;
  /** Strings that travel with the job to its handler. At most 64 entries, 8 KiB in all. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Options of one enqueue with every value known. What is only looked at when the job runs is there only if it was given. */
export interface ResolvedEnqueue {
  readonly id?: JobId;
  readonly start: TimedStart;
  readonly queue: string;
  readonly priority: number;
  readonly maxAttempts: number;
  readonly maxCrashes: number;
  readonly tags: readonly string[];
  readonly discardAfterMs: number | null;
  readonly timeoutMs?: number;
  readonly retry?: ResolvedStoredRetryPolicy;
  readonly retention?: Retention;
  readonly headers: Readonly<Record<string, string>>;
  readonly unique?: UniqueKey;
  /** Throw `REVO_JOB_DUPLICATE` when the key is taken. */
  readonly reject: boolean;
  /** The unique key in the caller's words. */
  readonly uniqueReadable?: string;
}

/** The keys of {@link EnqueueOptions}. */
export const enqueueKeys: readonly string[] = [
  ...jobKeys,
  "delay",
  "runAt",
  "id",
  "uniqueKey",
  "headers",
];

const startNow: TimedStart = Object.freeze({ kind: "now" });

/**
 * Options of one enqueue over those of its job type. Without options the answer is one object per job type; with a queue as the
 * only one it is mostly one per type and queue.
 *
 * @param nowMs The present, in milliseconds since 1970, to know what lies too far ahead.
 * @param path Name of the options, for messages (`[17]` in a batch); empty when they have none.
 * @throws {@link RevoArgumentError} as {@link resolveTypeOptions}, and `REVO_ID_INVALID`, `REVO_KEY_INVALID`,
 * `REVO_TIME_INVALID`.
 */
export function resolveEnqueueOptions(
  options: EnqueueOptions | undefined,
  type: ResolvedTypeOptions,
  nowMs: number,
  path: string,
): ResolvedEnqueue {
  if (options === undefined) {
    return enqueueOf(type);
  }
  const queue = onlyQueueOf(options);
  return queue === undefined
    ? resolveGiven(options, type, nowMs, path)
    : enqueueTo(queue, options, type, path);
}

function resolveGiven(
  options: EnqueueOptions,
  type: ResolvedTypeOptions,
  nowMs: number,
  path: string,
): ResolvedEnqueue {
  assertKnownKeys(options, enqueueKeys, path);
  const own = ownOptions(options);
  const prefix = prefixOf(path);
  if (own.id !== undefined) {
    assertJobId(own.id, `${prefix}id`);
  }
  const timeoutMs = parseTimeout(own.timeout, prefix);
  const unique =
    own.uniqueKey === undefined ? undefined : resolveUniqueKey(own.uniqueKey, `${prefix}uniqueKey`);
  return {
    ...(own.id === undefined ? {} : { id: own.id }),
    start: resolveStart(own, nowMs, prefix),
    ...resolveShared(own, prefix, type),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(own.retry === undefined
      ? {}
      : { retry: resolveStoredRetryPolicy(own.retry, `${prefix}retry`) }),
    ...(own.retention === undefined
      ? {}
      : { retention: resolveRetention(own.retention, `${prefix}retention`, type.retention) }),
    headers:
      own.headers === undefined ? noHeaders : resolveHeaders(own.headers, `${prefix}headers`),
    ...(unique === undefined ? {} : { unique: unique.unique, uniqueReadable: unique.readable }),
    reject: unique?.reject ?? false,
  };
}

const enqueues = new WeakMap<ResolvedTypeOptions, ResolvedEnqueue>();

function enqueueOf(type: ResolvedTypeOptions): ResolvedEnqueue {
  let known = enqueues.get(type);
  if (known === undefined) {
    const { queue, priority, maxAttempts, maxCrashes, tags, discardAfterMs } = type;
    known = Object.freeze({
      start: startNow,
      queue,
      priority,
      maxAttempts,
      maxCrashes,
      tags,
      discardAfterMs,
      headers: noHeaders,
      reject: false,
    });
    enqueues.set(type, known);
  }
  return known;
}

/** Names of queues may come from anywhere: no more of them are remembered for a job type. */
const MOST_QUEUES = 100;
const enqueuesByQueue = new WeakMap<ResolvedTypeOptions, Map<string, ResolvedEnqueue>>();

/** The queue, when nothing else is given: the commonest option, and thousands of jobs of one call have the same. */
function onlyQueueOf(options: EnqueueOptions): string | undefined {
  if (typeof options !== "object" || options === null) return undefined;
  try {
    for (const key in options) if (key !== "queue") return undefined;
    return Object.hasOwn(options, "queue") ? options.queue : undefined;
  } catch {
    // What cannot be read is refused where every option is looked at.
    return undefined;
  }
}

function enqueueTo(
  queue: string,
  options: EnqueueOptions,
  type: ResolvedTypeOptions,
  path: string,
): ResolvedEnqueue {
  let ofType = enqueuesByQueue.get(type);
  const known = ofType?.get(queue);
  if (known !== undefined) return known;
  const resolved = Object.freeze(resolveGiven(options, type, 0, path));
  if (ofType === undefined) enqueuesByQueue.set(type, (ofType = new Map()));
  if (ofType.size < MOST_QUEUES) ofType.set(queue, resolved);
  return resolved;
}

function resolveStart(own: EnqueueOptions, nowMs: number, prefix: string): TimedStart {
  if (own.delay !== undefined && own.runAt !== undefined) {
    throw argumentError(
      "REVO_ARGUMENT_INVALID",
      `${prefix}runAt`,
      "not to stand together with `delay`",
      own.runAt,
    );
  }
  if (own.runAt !== undefined) {
    return { kind: "at", runAt: parseInstant(own.runAt, `${prefix}runAt`, nowMs) };
  }
  const delayMs = own.delay === undefined ? 0 : parseDuration(own.delay, `${prefix}delay`);
  return delayMs === 0 ? startNow : { kind: "delay", delayMs };
}
