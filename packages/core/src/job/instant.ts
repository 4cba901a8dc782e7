import { argumentError } from "./argument-error.ts";
import { maxDurationMs } from "./duration.ts";

/**
 * A point in time: a `Date`, an ISO 8601 text with a zone (`"2027-01-01T08:00:00Z"`, `"2027-01-01T08:00+02:00"`), or anything
 * with `epochMilliseconds`, such as the `Instant` and the `ZonedDateTime` of Temporal.
 */
export type Instant = Date | string | { readonly epochMilliseconds: number };

const isoText =
  /^(\d{4}|[+-]\d{6})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(?:Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** Nothing before it is taken for a time. */
export const yearZeroMs: number = Date.parse("0000-01-01T00:00:00Z");

/**
 * Reads a point in time. The past is fine.
 *
 * @param path Name of the value, for the message.
 * @param nowMs The present, in milliseconds since 1970: only to know what is 100 years ahead.
 * @returns A new `Date`, cut to milliseconds.
 * @throws {@link RevoArgumentError} `REVO_TIME_INVALID`: no time, no such day, or a text without a zone;
 * `REVO_TIME_OUT_OF_RANGE`: more than 100 years ahead, or before the year 0.
 */
export function parseInstant(value: Instant, path: string, nowMs: number): Date {
  const instantMs = toEpochMilliseconds(value);
  if (Number.isNaN(instantMs)) {
    throw argumentError(
      "REVO_TIME_INVALID",
      path,
      'to be a valid Date, an ISO 8601 text with a zone such as "2027-01-01T08:00:00Z", or to have integer `epochMilliseconds`',
      value,
    );
  }
  if (instantMs > nowMs + maxDurationMs || instantMs < yearZeroMs) {
    throw argumentError(
      "REVO_TIME_OUT_OF_RANGE",
      path,
      "to be at most 100 years ahead and not before the year 0",
      value,
    );
  }
  return new Date(instantMs);
}

/** `NaN` also where a getter or a Proxy throws. */
function toEpochMilliseconds(value: unknown): number {
  try {
    return epochMillisecondsOf(value);
  } catch {
    return Number.NaN;
  }
}

function epochMillisecondsOf(value: unknown): number {
  if (typeof value === "string") {
    return parseIsoText(value);
  }
  if (typeof value !== "object" || value === null) {
    return Number.NaN;
  }
  if (value instanceof Date) {
    return value.getTime();
  }
  const { epochMilliseconds } = value as { readonly epochMilliseconds?: unknown };
  return typeof epochMilliseconds === "number" && Number.isSafeInteger(epochMilliseconds)
    ? epochMilliseconds
    : Number.NaN;
}

function parseIsoText(text: string): number {
  const match = isoText.exec(text);
  if (match === null) {
    return Number.NaN;
  }
  const [, year, month, day, hour, minute, second = "0"] = match;
  // The built-in parser takes 30 February for 2 March and 24:00 for the next day.
  const lastDay = new Date(Date.UTC(2000 + (Number(year) % 400), Number(month), 0)).getUTCDate();
  const exists =
    Number(month) >= 1 &&
    Number(month) <= 12 &&
    Number(day) >= 1 &&
    Number(day) <= lastDay &&
    Number(hour) <= 23 &&
    Number(minute) <= 59 &&
    Number(second) <= 59;
  if (!exists) {
    return Number.NaN;
  }
  const instantMs = Date.parse(text);
  // A time that exists and is beyond what a Date can hold is out of range, not malformed.
  return Number.isNaN(instantMs) ? Number.POSITIVE_INFINITY : instantMs;
}
