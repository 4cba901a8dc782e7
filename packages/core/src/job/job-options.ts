import { argumentError } from "./argument-error.ts";
import { type Duration, parseDuration } from "./duration.ts";
import { noHeaders, resolveHeaders } from "./headers.ts";
import { type Instant, parseInstant } from "./instant.ts";
import { assertJobId } from "./job-id.ts";
import type { JobId, TimedStart, UniqueKey } from "./job-record.ts";
import { assertQueue, assertTags } from "./names.ts";
import { assertKnownKeys, ownOptions } from "./option-keys.ts";
import { parseBoolean, parseInteger } from "./option-values.ts";
import {
  defaultRetention,
  type Retention,
  type RetentionOptions,
  resolveRetention,
} from "./retention.ts";
import {
  defaultRetryPolicy,
  type ResolvedRetryPolicy,
  type ResolvedStoredRetryPolicy,
  type RetryPolicy,
  resolveRetryPolicy,
  resolveStoredRetryPolicy,
  type StoredRetryPolicy,
} from "./retry-policy.ts";
import { resolveUniqueKey, type UniqueKeyOptions } from "./unique-key.ts";

export type { UniqueKeyOptions };

/** Options that a job type has and a single job may override. */
export interface JobOptions {
  /** Queue, `[a-z0-9][a-z0-9._-]{0,63}`. @defaultValue "default" */
  readonly queue?: string;
  /** Band 0 (first) to 9. @defaultValue 5 */
  readonly priority?: number;
  /** How many attempts may end, 1..1000. @defaultValue 10 */
  readonly maxAttempts?: number;
  /** How often a job server may die while it runs the job, 0..100. 0: never run again after a crash. @defaultValue 3 */
  readonly maxCrashes?: number;
  /** Longest run of one attempt; then the signal fires and the attempt fails with `timeout`. @defaultValue none */
  readonly timeout?: Duration;
  /** Delay before the next attempt. @defaultValue exponential from 2 s, factor 2, full jitter, at most 1 h */
  readonly retry?: StoredRetryPolicy;
  /** At most 16 free labels of at most 128 bytes, for search. `revo.` is reserved. */
  readonly tags?: readonly string[];
  /** How long the finished job stays readable. @defaultValue succeeded 1 day, failed 14 days, deleted 1 day */
  readonly retention?: RetentionOptions;
  /** Not started within this many milliseconds after it became enqueued: deleted with reason `expired`. @defaultValue none */
  readonly discardAfterMs?: number;
}

/** Options of a job type, given once where it is registered or defined. */
export interface JobTypeOptions extends Omit<JobOptions, "retry"> {
  /** As for a single job, or a function of the attempt that ended. */
  readonly retry?: RetryPolicy;
  /** Abort the attempt when the lease can no longer be trusted, instead of going on until it is known lost. @defaultValue false */
  readonly exclusive?: boolean;
}

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

/** Options of a job type with every value known. Times in milliseconds; `null`: none. */
export interface ResolvedTypeOptions {
  readonly queue: string;
  readonly priority: number;
  readonly maxAttempts: number;
  readonly maxCrashes: number;
  readonly timeoutMs: number | null;
  readonly retry: ResolvedRetryPolicy;
  readonly tags: readonly string[];
  readonly retention: Retention;
  readonly discardAfterMs: number | null;
  readonly exclusive: boolean;
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

/** What a job type has that is given no options. */
export const defaultTypeOptions: ResolvedTypeOptions = Object.freeze({
  queue: "default",
  priority: 5,
  maxAttempts: 10,
  maxCrashes: 3,
  timeoutMs: null,
  retry: defaultRetryPolicy,
  tags: Object.freeze([]),
  retention: defaultRetention,
  discardAfterMs: null,
  exclusive: false,
});

const jobKeys: readonly string[] = [
  "queue",
  "priority",
  "maxAttempts",
  "maxCrashes",
  "timeout",
  "retry",
  "tags",
  "retention",
  "discardAfterMs",
];
const typeKeys: readonly string[] = [...jobKeys, "exclusive"];
const enqueueKeys: readonly string[] = [...jobKeys, "delay", "runAt", "id", "uniqueKey", "headers"];

/** Longest timeout, in milliseconds: a timer set for longer would fire at once. */
const maxTimeoutMs = 2 ** 31 - 1;
const startNow: TimedStart = Object.freeze({ kind: "now" });

/**
 * Options of a job type over `defaults`.
 *
 * @param path Name of the options, for messages; empty when they have none.
 * @throws {@link RevoArgumentError} with the path of the wrong option: `REVO_OPTION_UNKNOWN`, `REVO_NAME_INVALID`,
 * `REVO_ARGUMENT_INVALID`, `REVO_DURATION_INVALID`, `REVO_TIME_OUT_OF_RANGE`.
 */
export function resolveTypeOptions(
  options: JobTypeOptions,
  path: string,
  defaults: ResolvedTypeOptions = defaultTypeOptions,
): ResolvedTypeOptions {
  assertKnownKeys(options, typeKeys, path);
  const own = ownOptions(options);
  const prefix = prefixOf(path);
  const timeoutMs = parseTimeout(own.timeout, prefix);
  const { exclusive = defaults.exclusive } = own;
  return Object.freeze({
    ...resolveShared(own, prefix, defaults),
    timeoutMs: timeoutMs ?? defaults.timeoutMs,
    retry:
      own.retry === undefined ? defaults.retry : resolveRetryPolicy(own.retry, `${prefix}retry`),
    retention:
      own.retention === undefined
        ? defaults.retention
        : resolveRetention(own.retention, `${prefix}retention`, defaults.retention),
    exclusive: parseBoolean(exclusive, `${prefix}exclusive`),
  });
}

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
  for (const key in options) if (key !== "queue") return undefined;
  return Object.hasOwn(options, "queue") ? options.queue : undefined;
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

type SharedOptions = Pick<
  ResolvedTypeOptions,
  "queue" | "priority" | "maxAttempts" | "maxCrashes" | "tags" | "discardAfterMs"
>;

function resolveShared(
  own: Omit<JobOptions, "retry">,
  prefix: string,
  defaults: SharedOptions,
): SharedOptions {
  const {
    queue = defaults.queue,
    priority = defaults.priority,
    maxAttempts = defaults.maxAttempts,
    maxCrashes = defaults.maxCrashes,
    tags = defaults.tags,
    discardAfterMs,
  } = own;
  assertQueue(queue, `${prefix}queue`);
  return {
    queue,
    priority: parseInteger(priority, `${prefix}priority`, 0, 9),
    maxAttempts: parseInteger(maxAttempts, `${prefix}maxAttempts`, 1, 1000),
    maxCrashes: parseInteger(maxCrashes, `${prefix}maxCrashes`, 0, 100),
    tags: tags === defaults.tags ? tags : copyTags(tags, `${prefix}tags`),
    discardAfterMs:
      discardAfterMs === undefined
        ? defaults.discardAfterMs
        : parseDuration(discardAfterMs, `${prefix}discardAfterMs`, { minMs: 1 }),
  };
}

function copyTags(tags: readonly string[], path: string): readonly string[] {
  assertTags(tags, path);
  return Object.freeze([...tags]);
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

function parseTimeout(value: Duration | undefined, prefix: string): number | undefined {
  return value === undefined
    ? undefined
    : parseDuration(value, `${prefix}timeout`, { minMs: 1, maxMs: maxTimeoutMs });
}

function prefixOf(path: string): string {
  return path === "" ? "" : `${path}.`;
}
