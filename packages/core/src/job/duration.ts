import ms from "ms";
import { argumentError } from "./argument-error.ts";

/** Units of a duration in words. There is no month and no year: their length depends on the calendar. */
export type DurationUnit =
  | "ms"
  | "s"
  | "m"
  | "min"
  | "h"
  | "d"
  | "second"
  | "seconds"
  | "minute"
  | "minutes"
  | "hour"
  | "hours"
  | "day"
  | "days";

/** A length of time: an integer of milliseconds, or a number with its unit (`"30 s"`, `"1.5 h"`, `"10 minutes"`). */
export type Duration = number | `${number}${"" | " "}${DurationUnit}`;

/** 100 years: the longest time anything may lie ahead or be kept, in milliseconds. */
export const maxDurationMs: number = 36_525 * 24 * 60 * 60 * 1000;

const inWords = /^\d{1,15}(?:\.\d{1,9})? ?(?:ms|s|m|min|h|d|seconds?|minutes?|hours?|days?)$/;

/**
 * Reads a duration as whole milliseconds.
 *
 * @param path Name of the value, for the message.
 * @param bounds Smallest and largest value allowed, in milliseconds. @defaultValue 0 to 100 years
 * @throws {@link RevoArgumentError} `REVO_DURATION_INVALID`: no duration, no whole number of milliseconds, negative, or outside
 * `bounds`; `REVO_TIME_OUT_OF_RANGE`: longer than 100 years.
 */
export function parseDuration(
  value: Duration,
  path: string,
  bounds: { readonly minMs?: number; readonly maxMs?: number } = {},
): number {
  const durationMs = toMilliseconds(value);
  if (!Number.isInteger(durationMs) || durationMs < 0) {
    throw argumentError(
      "REVO_DURATION_INVALID",
      path,
      'to be an integer >= 0 (milliseconds) or a text such as "30 s"',
      value,
    );
  }
  const { minMs = 0, maxMs } = bounds;
  if (durationMs > maxDurationMs && (maxMs === undefined || maxMs >= maxDurationMs)) {
    throw argumentError("REVO_TIME_OUT_OF_RANGE", path, "to be at most 100 years", value);
  }
  if (durationMs < minMs) {
    throw argumentError("REVO_DURATION_INVALID", path, `to be at least ${minMs} ms`, value);
  }
  if (maxMs !== undefined && durationMs > maxMs) {
    throw argumentError("REVO_DURATION_INVALID", path, `to be at most ${maxMs} ms`, value);
  }
  return durationMs;
}

function toMilliseconds(value: unknown): number {
  if (typeof value === "number") {
    return value;
  }
  if (typeof value !== "string" || !inWords.test(value)) {
    return Number.NaN;
  }
  const durationMs = ms(value as ms.StringValue);
  const rounded = Math.round(durationMs);
  // 1.1 h is 3,960,000.0000000005 ms in floating point: whole as far as a person can tell.
  return Math.abs(durationMs - rounded) < 1e-6 * Math.max(1, rounded) ? rounded : durationMs;
}
