import { isFinal, type JobFilter, type Range } from "@revojs/core";
import type { Document, Filter } from "mongodb";
import type { JobDocument } from "./documents.ts";
import { ANY_TIME } from "./times.ts";

type ListName = Exclude<
  keyof JobFilter,
  "limitKeys" | "createdAt" | "dueAt" | "finishedAt" | "attempt"
>;

/** Where each list of a filter is found in a document. */
const LISTS: Readonly<Record<ListName, string>> = {
  states: "state",
  queues: "queue",
  types: "type",
  tags: "tags",
  uniqueKeys: "unique.key",
  batchIds: "batchId",
  serverIds: "server",
  fingerprints: "fingerprint",
};

const RANGES = ["createdAt", "dueAt", "finishedAt", "attempt"] as const;

/**
 * The filter as a query. Field names are ours, and values are only values, whatever they look like. `undefined`: an empty list,
 * which matches nothing.
 */
export function toQuery(filter: JobFilter): Filter<JobDocument> | undefined {
  const parts: Document[] = [];
  for (const [name, field] of Object.entries(LISTS)) {
    const values = filter[name as ListName];
    if (values === undefined) continue;
    if (values.length === 0) return undefined;
    parts.push({ [field]: among(values) });
  }
  if (filter.states === undefined) parts.push({ state: { $ne: "dropped" } });
  // Implied by the state; said because the index of finished jobs is recognised by it.
  else if (filter.states.every(isFinal)) parts.push({ finishedAt: ANY_TIME });
  const { limitKeys } = filter;
  if (limitKeys !== undefined) {
    if (limitKeys.length === 0) return undefined;
    parts.push({
      $or: limitKeys.map(({ name, key }) => ({ "limit.name": name, "limit.key": key })),
    });
  }
  for (const field of RANGES) {
    const range = filter[field];
    if (range !== undefined) parts.push({ [field]: within(range) });
  }
  return { $and: parts };
}

/** A single value as an equality: a partial index is recognised by it. */
export function among<T>(values: readonly T[]): T | { readonly $in: readonly T[] } {
  const [only, ...others] = values;
  return only !== undefined && others.length === 0 ? only : { $in: [...values] };
}

function within({ from, to }: Range<Date> | Range<number>): Document {
  return {
    $exists: true,
    ...(from !== undefined && { $gte: from }),
    ...(to !== undefined && { $lt: to }),
  };
}

/** A test of one row. Lists become sets first, since a filter may name a thousand values. */
export function compileFilter(filter: JobFilter): (job: JobDocument) => boolean {
  const tests: ((job: JobDocument) => boolean)[] = [({ state }) => state !== "dropped"];
  for (const name of Object.keys(LISTS) as ListName[]) {
    const values = filter[name];
    if (values === undefined) continue;
    const wanted = new Set<string>(values);
    tests.push((job) => valuesOf(job, name).some((value) => wanted.has(value)));
  }
  const { limitKeys } = filter;
  if (limitKeys !== undefined) {
    tests.push(({ limit }) =>
      limitKeys.some(({ name, key }) => name === limit?.name && key === limit.key),
    );
  }
  for (const field of RANGES) {
    const range = filter[field];
    if (range === undefined) continue;
    const from = range.from === undefined ? -Infinity : Number(range.from);
    const to = range.to === undefined ? Infinity : Number(range.to);
    tests.push((job) => {
      const value = job[field];
      return value !== undefined && Number(value) >= from && Number(value) < to;
    });
  }
  return (job) => tests.every((test) => test(job));
}

function valuesOf(job: JobDocument, name: ListName): readonly string[] {
  switch (name) {
    case "states":
      return [job.state];
    case "queues":
      return [job.queue];
    case "types":
      return [job.type];
    case "tags":
      return job.tags ?? [];
    case "uniqueKeys":
      return job.unique === undefined ? [] : [job.unique.key];
    case "batchIds":
      return job.batchId === undefined ? [] : [job.batchId];
    case "serverIds":
      return job.server === undefined ? [] : [job.server];
    case "fingerprints":
      return job.fingerprint === undefined ? [] : [job.fingerprint];
  }
}
