import type { JobFilter, JobState, Range } from "@revojs/core";
import { isFinal, jobStates } from "@revojs/core";
import { plainArray, textArray } from "../arrays.ts";
import { codeOfState } from "../states.ts";

/** Collects the values of a statement and gives out their places. */
export class ValueList {
  readonly values: unknown[] = [];

  add(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

/** Tables that may hold a job of the filter, and the states to look for in each. */
export function statesByTable(
  filter: JobFilter,
): Readonly<Record<"live" | "done", readonly JobState[]>> {
  const states = filter.states === undefined ? jobStates : [...new Set(filter.states)];
  return {
    live: states.filter((state) => !isFinal(state)),
    done: states.filter((state) => isFinal(state)),
  };
}

/** What must hold beside the state, over a row `r`. */
export function conditions(
  filter: JobFilter,
  table: "live" | "done",
  parameters: ValueList,
): readonly string[] {
  const tests: string[] = [];
  const among = (
    list: readonly string[] | undefined,
    test: (array: string) => string,
    type = "text",
  ): void => {
    if (list !== undefined) tests.push(test(`${parameters.add(textArray(list))}::${type}[]`));
  };
  among(filter.queues, (array) => `r.queue = any(${array})`);
  among(filter.types, (array) => `r.type = any(${array})`);
  among(filter.tags, (array) => `r.tags && ${array}`);
  among(filter.uniqueKeys, (array) => `r.unique_key = any(${array})`);
  among(filter.serverIds, (array) => `r.server_id::text = any(${array})`);
  among(filter.fingerprints, (array) => `r.fingerprint = any(${array})`);
  const within = (range: Range<Date> | undefined, column: string): void => {
    if (range === undefined) return;
    tests.push(`${column} is not null`);
    if (range.from !== undefined) tests.push(`${column} >= ${timeOf(range.from, parameters)}`);
    if (range.to !== undefined) tests.push(`${column} < ${timeOf(range.to, parameters)}`);
  };
  within(filter.createdAt, "r.created_at");
  within(filter.dueAt, table === "live" ? "r.due_at" : "null::timestamptz");
  within(filter.finishedAt, table === "done" ? "r.finished_at" : "null::timestamptz");
  const { attempt } = filter;
  if (attempt?.from !== undefined)
    tests.push(`r.attempt >= ${parameters.add(attempt.from)}::float8`);
  if (attempt?.to !== undefined) tests.push(`r.attempt < ${parameters.add(attempt.to)}::float8`);
  return tests;
}

/** One state literally, so that its partial index can serve; several as a list. */
export function stateCondition(states: readonly JobState[]): string {
  const codes = states.map(codeOfState);
  return codes.length === 1 ? `r.state = ${codes[0]}` : `r.state = any('${plainArray(codes)}')`;
}

const EARLIEST_MS = Date.UTC(-4000, 0, 1);

function timeOf(date: Date, parameters: ValueList): string {
  const atMs = Math.max(date.getTime(), EARLIEST_MS);
  return `(timestamptz 'epoch' + ${parameters.add(atMs)}::bigint * interval '1 millisecond')`;
}
