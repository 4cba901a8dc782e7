import type { RevoError } from "../errors.ts";
import { corruptError, parseStoredText } from "./json-text.ts";
import type { Retention } from "./retention.ts";
import type { ResolvedStoredRetryPolicy } from "./retry-policy.ts";

/** What travels with a job and is nobody's business but core's. */
export interface JobEnvelope {
  /** Version of the payload's shape, >= 1. */
  readonly version: number;
  /** Notes of the payload codec. */
  readonly meta?: unknown;
  readonly headers: Readonly<Record<string, string>>;
  /** Given with this job, else the job type's counts. In milliseconds. */
  readonly timeoutMs?: number;
  /** Given with this job, else the job type's counts. */
  readonly retry?: ResolvedStoredRetryPolicy;
  /** Given with this job, else the job type's counts. */
  readonly retention?: Retention;
  /** The caller's own unique key; the storage has only its digest. */
  readonly uniqueKey?: string;
}

/** The stored form: short keys, and nothing that says what is so without it. */
interface StoredEnvelope {
  readonly v?: number;
  readonly m?: unknown;
  readonly h?: Readonly<Record<string, string>>;
  readonly t?: number;
  readonly r?: ResolvedStoredRetryPolicy;
  readonly k?: readonly [succeededMs: number, failedMs: number, deletedMs: number];
  readonly u?: string;
}

const emptyHeaders: Readonly<Record<string, string>> = Object.freeze({});
const emptyText = "{}";
/** Of a job that says nothing beyond its type. */
export const emptyEnvelope: JobEnvelope = Object.freeze({ version: 1, headers: emptyHeaders });

// Most jobs of a type have the same envelope, so a few remembered texts spare nearly all parsing.
const maxRemembered = 32;
const maxRememberedLength = 2048;
const remembered = new Map<string, JobEnvelope>();

/** Encodes an envelope. The same text for the same content; `{}` when there is nothing to say. */
export function encodeEnvelope(envelope: JobEnvelope): string {
  const { version, meta, headers, timeoutMs, retry, retention, uniqueKey } = envelope;
  const hasHeaders = !isEmpty(headers);
  if (
    version === 1 &&
    !hasHeaders &&
    meta === undefined &&
    timeoutMs === undefined &&
    retry === undefined &&
    retention === undefined &&
    uniqueKey === undefined
  ) {
    return emptyText;
  }
  const stored: { -readonly [Key in keyof StoredEnvelope]: StoredEnvelope[Key] } = {};
  if (version !== 1) stored.v = version;
  if (meta !== undefined) stored.m = meta;
  if (hasHeaders) stored.h = headers;
  if (timeoutMs !== undefined) stored.t = timeoutMs;
  if (retry !== undefined) stored.r = retry;
  if (retention !== undefined) {
    stored.k = [retention.succeededMs, retention.failedMs, retention.deletedMs];
  }
  if (uniqueKey !== undefined) stored.u = uniqueKey;
  return JSON.stringify(stored);
}

/**
 * Decodes an envelope. The answer is frozen and may be shared between jobs. Keys of later versions are passed over.
 *
 * @throws {@link RevoError} `REVO_JOB_CORRUPT`.
 */
export function decodeEnvelope(text: string): JobEnvelope {
  if (text === emptyText) {
    return emptyEnvelope;
  }
  const known = remembered.get(text);
  if (known !== undefined) {
    return known;
  }
  const envelope = parseEnvelope(text);
  if (text.length <= maxRememberedLength) {
    remember(text, envelope);
  }
  return envelope;
}

function remember(text: string, envelope: JobEnvelope): void {
  if (remembered.size >= maxRemembered) {
    for (const oldest of remembered.keys()) {
      remembered.delete(oldest);
      break;
    }
  }
  remembered.set(text, envelope);
}

function parseEnvelope(text: string): JobEnvelope {
  const stored = parseStoredText(text, "envelope");
  if (!isRecord(stored)) {
    throw corrupt("is not an object");
  }
  const { v = 1, m, h, t, r, k, u } = stored as { readonly [Key in keyof StoredEnvelope]: unknown };
  return Object.freeze({
    version: integer(v, "version", 1),
    headers: h === undefined ? emptyHeaders : readHeaders(h),
    ...(m === undefined ? {} : { meta: m }),
    ...(t === undefined ? {} : { timeoutMs: integer(t, "timeout", 1) }),
    ...(r === undefined ? {} : { retry: readRetry(r) }),
    ...(k === undefined ? {} : { retention: readRetention(k) }),
    ...(u === undefined ? {} : { uniqueKey: string(u, "unique key") }),
  });
}

function readHeaders(value: unknown): Readonly<Record<string, string>> {
  if (!isRecord(value)) {
    throw corrupt("has headers that are no object");
  }
  for (const header of Object.values(value)) {
    string(header, "header");
  }
  return Object.freeze(value as Record<string, string>);
}

function readRetry(value: unknown): ResolvedStoredRetryPolicy {
  if (!isRecord(value)) {
    throw corrupt("has a retry policy that is no object");
  }
  const jitter = value["jitter"] === "none" ? "none" : "full";
  switch (value["kind"]) {
    case "exponential":
      return Object.freeze({
        kind: "exponential",
        firstMs: integer(value["firstMs"], "retry policy", 0),
        factor: factor(value["factor"]),
        maxMs: integer(value["maxMs"], "retry policy", 0),
        jitter,
      });
    case "fixed":
      return Object.freeze({
        kind: "fixed",
        delayMs: integer(value["delayMs"], "retry policy", 0),
        jitter,
      });
    case "list":
      return Object.freeze({ kind: "list", delaysMs: readDelays(value["delaysMs"]) });
    default:
      throw corrupt("has a retry policy of an unknown kind");
  }
}

function readDelays(value: unknown): readonly number[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw corrupt("has a retry policy without delays");
  }
  return Object.freeze(value.map((delayMs: unknown) => integer(delayMs, "retry policy", 0)));
}

function readRetention(value: unknown): Retention {
  if (!Array.isArray(value) || value.length !== 3) {
    throw corrupt("has a wrong retention");
  }
  const [succeededMs, failedMs, deletedMs] = value as readonly unknown[];
  return Object.freeze({
    succeededMs: integer(succeededMs, "retention", 0),
    failedMs: integer(failedMs, "retention", 0),
    deletedMs: integer(deletedMs, "retention", 0),
  });
}

function factor(value: unknown): number {
  if (typeof value !== "number" || !(value >= 1)) {
    throw corrupt("has a wrong retry policy");
  }
  return value;
}

function integer(value: unknown, what: string, least: number): number {
  if (!Number.isSafeInteger(value) || (value as number) < least) {
    throw corrupt(`has a wrong ${what}`);
  }
  return value as number;
}

function string(value: unknown, what: string): string {
  if (typeof value !== "string") {
    throw corrupt(`has a ${what} that is no text`);
  }
  return value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isEmpty(record: object): boolean {
  for (const key in record) {
    if (Object.hasOwn(record, key)) {
      return false;
    }
  }
  return true;
}

function corrupt(why: string): RevoError {
  return corruptError("envelope", why);
}
