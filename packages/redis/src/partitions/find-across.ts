import type { FindRequest, IJobMonitor, JobRecord } from "@revojs/core";
import type { RowKey } from "../cursor.ts";
import { decodeHead } from "../head.ts";
import { compileFilter, matchesNothing } from "../job-filter.ts";
import { readJobs } from "../read-jobs.ts";
import { toRecord } from "../records.ts";
import { sourceOf } from "../row-source.ts";
import { decodePlaces, encodePlaces } from "./page-places.ts";
import type { Partitions } from "./partitions.ts";
import { RowLine } from "./row-line.ts";
import { together } from "./together.ts";

type Page = Awaited<ReturnType<IJobMonitor["find"]>>;
type Compare = (one: RowLine, other: RowLine) => number;

/** Entries read by one call of one partition. */
const PART = 200;

/**
 * One page: the partitions' rows merged by their order, each tested, until there are enough or enough were looked at. The cursor
 * is the place of the last row, which says in each partition where to go on; only in the order of claim, where a place is a
 * position in a list, it has one for each.
 */
export async function findAcross(partitions: Partitions, request: FindRequest): Promise<Page> {
  const { filter, detail, limit, scanLimit, signal } = request;
  signal?.throwIfAborted();
  const source = sourceOf(request, partitions.first.settings);
  const places = decodePlaces(request.after, source, partitions.count);
  if (matchesNothing(filter)) return { jobs: [], next: null, scanned: 0 };
  const matches = compileFilter(filter);
  const looksAt = detail === "ids" && isByState(filter) ? "ids" : "summary";
  const lines = partitions.stores.map((store, index) => new RowLine(store, source, places[index]));
  const compare = compareBy(source.name);
  const most = Math.max(1, Math.min(PART, Math.ceil(scanLimit / partitions.count)));
  const reading = {
    filter,
    detail: looksAt,
    limit: isByState(filter) ? Math.min(most, limit) : most,
  } as const;
  const found: { readonly record: JobRecord; readonly line: RowLine }[] = [];
  let scanned = 0;
  let last: RowKey | undefined;
  while (found.length < limit && (scanned < scanLimit || last === undefined)) {
    signal?.throwIfAborted();
    const empty = lines.filter((line) => line.isEmpty);
    const passed = await together(
      "reads",
      empty.map((line) => line.read(reading)),
    );
    scanned += passed.reduce((sum, entries) => sum + entries, 0);
    // A line may have passed entries by that mean nothing, and no row: it is asked again.
    if (lines.some((line) => line.isEmpty)) continue;
    const first = lines.filter((line) => !line.isOver).toSorted(compare)[0];
    if (first === undefined) break;
    last = first.key;
    const record = toRecord(first.take(), looksAt);
    scanned++;
    if (matches(record)) found.push({ record, line: first });
  }
  const isOver = lines.every((line) => line.isOver);
  return {
    jobs: detail === "full" ? await inFull(found) : found.map(({ record }) => record),
    next: isOver ? null : encodePlaces(source, lines, last),
    scanned: Math.min(scanned, scanLimit),
  };
}

/** The order in which rows of different partitions follow each other; within one they come in it. */
function compareBy(name: string): Compare {
  if (name === "enqueued") return compareAsClaimed;
  const isDown = name === "newest" || ["succeeded", "failed", "deleted"].includes(name);
  const sign = isDown ? -1 : 1;
  return (one, other) => {
    const [score, id] = [Number(one.key[0]) - Number(other.key[0]), compareTexts(one.id, other.id)];
    return sign * (score || id);
  };
}

function compareAsClaimed(one: RowLine, other: RowLine): number {
  const [first, second] = [decodeHead(one.head), decodeHead(other.head)];
  if (first === undefined || second === undefined) return 0;
  return (
    compareTexts(first.queue, second.queue) ||
    first.priority - second.priority ||
    (first.enqueuedAtMs ?? 0) - (second.enqueuedAtMs ?? 0) ||
    compareTexts(one.id, other.id)
  );
}

function compareTexts(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

async function inFull(
  found: readonly { readonly record: JobRecord; readonly line: RowLine }[],
): Promise<readonly JobRecord[]> {
  const lines = new Map<RowLine, string[]>();
  for (const { record, line } of found) lines.set(line, [...(lines.get(line) ?? []), record.id]);
  const calls = [...lines].map(([line, ids]) => readJobs(line.store, ids));
  const records = new Map<string, JobRecord>();
  for (const record of (await together("reads", calls)).flat()) {
    if (record !== null) records.set(record.id, record);
  }
  return found.flatMap(({ record }) => records.get(record.id) ?? []);
}

/** Every row of a plane has its state, so nothing but the head has to be read. */
function isByState(filter: FindRequest["filter"]): boolean {
  return Object.keys(filter).every((field) => field === "states");
}
