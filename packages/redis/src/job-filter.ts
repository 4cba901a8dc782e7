import type { JobFilter, JobRecord, Range } from "@revojs/core";

/** A test of one record. Lists become sets first, since a filter may name a thousand values. */
export function compileFilter(filter: JobFilter): (record: JobRecord) => boolean {
  const tests: ((record: JobRecord) => boolean)[] = [];
  addLists(tests, filter);
  addRanges(tests, filter);
  return (record) => tests.every((test) => test(record));
}

/** Whether the filter can match nothing: one of its lists is empty. */
export function matchesNothing(filter: JobFilter): boolean {
  return Object.values(filter).some((value) => Array.isArray(value) && value.length === 0);
}

function addLists(tests: ((record: JobRecord) => boolean)[], filter: JobFilter): void {
  const among = <T>(
    list: readonly T[] | undefined,
    value: (record: JobRecord) => T | undefined,
  ): void => {
    if (list === undefined) return;
    const wanted = new Set(list);
    tests.push((record) => {
      const actual = value(record);
      return actual !== undefined && wanted.has(actual);
    });
  };
  among(filter.states, (record) => record.state);
  among(filter.queues, (record) => record.queue);
  among(filter.types, (record) => record.type);
  among(filter.uniqueKeys, (record) => record.uniqueKey);
  among(filter.serverIds, (record) => record.serverId);
  among(filter.fingerprints, (record) => record.fingerprint);
  const { tags } = filter;
  if (tags === undefined) return;
  const wanted = new Set(tags);
  tests.push((record) => record.tags.some((tag) => wanted.has(tag)));
}

function addRanges(tests: ((record: JobRecord) => boolean)[], filter: JobFilter): void {
  const within = (
    range: Range<Date> | Range<number> | undefined,
    value: (record: JobRecord) => Date | number | undefined,
  ): void => {
    if (range === undefined) return;
    const from = range.from === undefined ? -Infinity : Number(range.from);
    const to = range.to === undefined ? Infinity : Number(range.to);
    tests.push((record) => {
      const actual = value(record);
      return actual !== undefined && Number(actual) >= from && Number(actual) < to;
    });
  };
  within(filter.createdAt, (record) => record.createdAt);
  within(filter.dueAt, (record) => record.dueAt);
  within(filter.finishedAt, (record) => record.finishedAt);
  within(filter.attempt, (record) => record.attempt);
}
