import { readError } from "../job/job-error.ts";
import type { JobRecord } from "../job/job-record.ts";
import { digestKey } from "../job/unique-key.ts";
import type { StorageCapabilities } from "../storage/capabilities.ts";
import type { JobFilter, Range } from "../storage/monitor.ts";
import type { JobQuery } from "./job-query.ts";
import type { Redactor } from "./redaction.ts";
import { contentOf } from "./snapshot.ts";

/** A query, divided between the storage and core. */
export interface QueryPlan {
  /** Looked up one by one instead of searched for. */
  readonly ids: readonly string[] | null;
  /** For the storage. */
  readonly filter: JobFilter;
  /** What core tests itself; all must hold. */
  readonly tests: readonly JobTest[];
  /** Whether a test looks at payloads or errors, which cost more to read. */
  readonly needsTexts: boolean;
}

type JobTest = (record: JobRecord) => boolean;

/**
 * Divides a checked query: what the storage declares goes to the storage, the rest is tested by core.
 * @throws `REVO_KEY_INVALID` for a key that nobody can have.
 */
export function planQuery(
  query: JobQuery,
  capabilities: Pick<StorageCapabilities, "filters">,
  redactor: Redactor,
): QueryPlan {
  const { ids, keys, errorText, payloadText, ...shared } = query;
  const wanted: JobFilter = {
    ...shared,
    ...(keys === undefined ? {} : { uniqueKeys: keys.map(digestKey) }),
  };
  const filter: Record<string, unknown> = {};
  const tests: JobTest[] = [];
  for (const field of Object.keys(wanted) as (keyof JobFilter)[]) {
    if (ids === undefined && capabilities.filters[field] !== undefined)
      filter[field] = wanted[field];
    else tests.push(testOf(field, wanted));
  }
  if (errorText !== undefined) tests.push(hasErrorText(errorText.toLowerCase()));
  if (payloadText !== undefined) tests.push(hasPayloadText(payloadText.toLowerCase(), redactor));
  return {
    ids: ids ?? null,
    filter,
    tests,
    needsTexts: errorText !== undefined || payloadText !== undefined,
  };
}

/** Whether a record passes everything that core tests itself. */
export function passes(plan: QueryPlan, record: JobRecord): boolean {
  return plan.tests.every((test) => test(record));
}

function testOf(field: keyof JobFilter, filter: JobFilter): JobTest {
  switch (field) {
    case "states":
      return oneOf(filter.states, (record) => record.state);
    case "types":
      return oneOf(filter.types, (record) => record.type);
    case "queues":
      return oneOf(filter.queues, (record) => record.queue);
    case "uniqueKeys":
      return oneOf(filter.uniqueKeys, (record) => record.uniqueKey);
    case "batchIds":
      return oneOf(filter.batchIds, (record) => record.batchId);
    case "serverIds":
      return oneOf(filter.serverIds, (record) => record.serverId);
    case "fingerprints":
      return oneOf(filter.fingerprints, (record) => record.fingerprint);
    case "tags":
      return (record) => record.tags.some((tag) => filter.tags?.includes(tag) === true);
    case "limitKeys":
      return (record) =>
        filter.limitKeys?.some(
          ({ name, key }) => record.limit?.name === name && record.limit.key === key,
        ) === true;
    case "createdAt":
      return within(filter.createdAt, (record) => record.createdAt);
    case "dueAt":
      return within(filter.dueAt, (record) => record.dueAt);
    case "finishedAt":
      return within(filter.finishedAt, (record) => record.finishedAt);
    case "attempt":
      return within(filter.attempt, (record) => record.attempt);
  }
}

function oneOf<TValue>(
  values: readonly TValue[] | undefined,
  valueOf: (record: JobRecord) => TValue | undefined,
): JobTest {
  const wanted = new Set<TValue | undefined>(values);
  return (record) => wanted.has(valueOf(record));
}

function within<TValue extends Date | number>(
  range: Range<TValue> | undefined,
  valueOf: (record: JobRecord) => TValue | undefined,
): JobTest {
  return (record) => {
    const value = valueOf(record);
    if (value === undefined || range === undefined) return false;
    return (
      (range.from === undefined || value >= range.from) &&
      (range.to === undefined || value < range.to)
    );
  };
}

function hasErrorText(wanted: string): JobTest {
  return (record) =>
    (record.history ?? []).some((entry) => {
      if (entry.error === undefined) return false;
      const { name, message, code = "" } = readError(entry.error.text);
      return `${name}\n${code}\n${message}`.toLowerCase().includes(wanted);
    });
}

function hasPayloadText(wanted: string, redactor: Redactor): JobTest {
  return (record) => {
    if (record.texts === undefined) return false;
    const { payload } = contentOf(record.texts, redactor);
    return payload !== undefined && shownText(payload).toLowerCase().includes(wanted);
  };
}

/** The payload as JSON text, for search only: Maps and Sets as lists, big integers as digits. */
function shownText(payload: unknown): string {
  return JSON.stringify(payload, (_, value: unknown) => {
    if (typeof value === "bigint") return String(value);
    return value instanceof Map || value instanceof Set ? [...value] : value;
  });
}
