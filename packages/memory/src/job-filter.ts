import type { JobFilter, Range } from "@revojs/core";
import type { JobEntry } from "./job-entry.ts";

/** A test of one row. Lists become sets first, since a filter may name a thousand ids. */
export function compileFilter(filter: JobFilter): (entry: JobEntry) => boolean {
  const tests: ((entry: JobEntry) => boolean)[] = [];
  addLists(tests, filter);
  addRanges(tests, filter);
  return (entry) => tests.every((test) => test(entry));
}

function addLists(tests: ((entry: JobEntry) => boolean)[], filter: JobFilter): void {
  const among = <T>(
    list: readonly T[] | undefined,
    value: (entry: JobEntry) => T | undefined,
  ): void => {
    if (list === undefined) return;
    const wanted = new Set(list);
    tests.push((entry) => {
      const actual = value(entry);
      return actual !== undefined && wanted.has(actual);
    });
  };
  among(filter.states, (entry) => entry.state);
  among(filter.queues, (entry) => entry.line.name);
  among(filter.types, (entry) => entry.type);
  among(filter.uniqueKeys, (entry) => entry.extras?.unique?.key);
  among(filter.batchIds, (entry) => entry.extras?.batchId);
  among(filter.serverIds, (entry) => entry.server?.id ?? entry.extras?.serverId);
  among(filter.fingerprints, (entry) => entry.extras?.fingerprint);
  const { tags, limitKeys } = filter;
  if (tags !== undefined) {
    const wanted = new Set(tags);
    tests.push((entry) => entry.tags.some((tag) => wanted.has(tag)));
  }
  if (limitKeys !== undefined) {
    tests.push((entry) => {
      const limit = entry.extras?.limit;
      return limitKeys.some(({ name, key }) => name === limit?.name && key === limit.key);
    });
  }
}

function addRanges(tests: ((entry: JobEntry) => boolean)[], filter: JobFilter): void {
  const within = (
    range: Range<Date> | Range<number> | undefined,
    value: (entry: JobEntry) => number | undefined,
  ): void => {
    if (range === undefined) return;
    const from = range.from === undefined ? -Infinity : Number(range.from);
    const to = range.to === undefined ? Infinity : Number(range.to);
    tests.push((entry) => {
      const actual = value(entry);
      return actual !== undefined && actual >= from && actual < to;
    });
  };
  within(filter.createdAt, (entry) => entry.createdAtMs);
  within(filter.dueAt, (entry) => entry.dueAtMs);
  within(filter.finishedAt, (entry) => entry.finishedAtMs);
  within(filter.attempt, (entry) => entry.attempt);
}
