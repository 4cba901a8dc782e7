import { type Duration, parseDuration } from "./duration.ts";
import { assertKnownKeys, ownOptions } from "./option-keys.ts";

/** How long a finished job stays readable, by the state it ended in. 0: dropped at once, id and all. */
export interface RetentionOptions {
  /** @defaultValue 1 day */
  readonly succeeded?: Duration;
  /** @defaultValue 14 days */
  readonly failed?: Duration;
  /** @defaultValue 1 day */
  readonly deleted?: Duration;
}

/** Retention with every value known, in milliseconds, >= 0. */
export interface Retention {
  readonly succeededMs: number;
  readonly failedMs: number;
  readonly deletedMs: number;
}

const dayMs = 24 * 60 * 60 * 1000;

/** 1 day for succeeded and deleted jobs, 14 days for failed ones. */
export const defaultRetention: Retention = Object.freeze({
  succeededMs: dayMs,
  failedMs: 14 * dayMs,
  deletedMs: dayMs,
});

/**
 * Retention from what was given, with `defaults` for the rest.
 *
 * @throws {@link RevoArgumentError} `REVO_ARGUMENT_INVALID`, `REVO_OPTION_UNKNOWN`, `REVO_DURATION_INVALID`,
 * `REVO_TIME_OUT_OF_RANGE`.
 */
export function resolveRetention(
  options: RetentionOptions,
  path: string,
  defaults: Retention = defaultRetention,
): Retention {
  assertKnownKeys(options, ["succeeded", "failed", "deleted"], path);
  const { succeeded, failed, deleted } = ownOptions(options);
  return Object.freeze({
    succeededMs: parse(succeeded, `${path}.succeeded`, defaults.succeededMs),
    failedMs: parse(failed, `${path}.failed`, defaults.failedMs),
    deletedMs: parse(deleted, `${path}.deleted`, defaults.deletedMs),
  });
}

function parse(value: Duration | undefined, path: string, fallbackMs: number): number {
  return value === undefined ? fallbackMs : parseDuration(value, path);
}
