import { type Duration, parseDuration } from "./duration.ts";
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
  type RetryPolicy,
  resolveRetryPolicy,
  type StoredRetryPolicy,
} from "./retry-policy.ts";

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

/** Keys that options of a job type and of one enqueue share. */
export const jobKeys: readonly string[] = [
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

/** Longest timeout, in milliseconds: a timer set for longer would fire at once. */
const maxTimeoutMs = 2 ** 31 - 1;

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

type SharedOptions = Pick<
  ResolvedTypeOptions,
  "queue" | "priority" | "maxAttempts" | "maxCrashes" | "tags" | "discardAfterMs"
>;

/** What options of a job type and of one enqueue share, over `defaults`. */
export function resolveShared(
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

/** A time-out in milliseconds; absent where none is given. */
export function parseTimeout(value: Duration | undefined, prefix: string): number | undefined {
  return value === undefined
    ? undefined
    : parseDuration(value, `${prefix}timeout`, { minMs: 1, maxMs: maxTimeoutMs });
}

/** What stands before the name of an option in messages. */
export function prefixOf(path: string): string {
  return path === "" ? "" : `${path}.`;
}
