import { argumentError } from "../job/argument-error.ts";
import { assertJobId } from "../job/job-id.ts";
import { jobStates, type JobState } from "../job/job-state.ts";
import { isWellFormedText } from "../job/names.ts";
import { assertKnownKeys, ownOptions } from "../job/option-keys.ts";

/** From `from` (included) to `to` (excluded); either may be absent. */
export interface QueryRange<T> {
  readonly from?: T;
  readonly to?: T;
}

/**
 * Which jobs. All given fields must hold (and); within a list one value is enough (or); an empty list matches nothing. What
 * the storage cannot tell, core tests on the rows it looks at: slower, never different.
 */
export interface JobQuery {
  readonly ids?: readonly string[];
  readonly states?: readonly JobState[];
  readonly types?: readonly string[];
  readonly queues?: readonly string[];
  readonly tags?: readonly string[];
  /** Unique keys as their callers wrote them. */
  readonly keys?: readonly string[];
  /** Groups of equal failures, as shown with an error. */
  readonly fingerprints?: readonly string[];
  readonly serverIds?: readonly string[];
  readonly createdAt?: QueryRange<Date>;
  readonly dueAt?: QueryRange<Date>;
  readonly finishedAt?: QueryRange<Date>;
  readonly attempt?: QueryRange<number>;
  /** Part of the name, code or message of an error of the job, in any case. Always tested by core. At most 256 characters. */
  readonly errorText?: string;
  /** Part of the payload's JSON text as it is shown (redacted), in any case. Always tested by core. At most 256 characters. */
  readonly payloadText?: string;
}

const lists = ["ids", "types", "queues", "tags", "keys", "fingerprints", "serverIds"] as const;
const times = ["createdAt", "dueAt", "finishedAt"] as const;
const texts = ["errorText", "payloadText"] as const;
const known: readonly string[] = [...lists, "states", ...times, "attempt", ...texts];

/** Most values of one list. */
const maxListLength = 1000;

const nameRule = "to be well-formed text of at most 1024 characters without U+0000";
const stateRule = `to be one of the states ${jobStates.join(", ")}`;

/**
 * Checks a query that came from outside.
 * @returns Its own fields, those that are `undefined` left out.
 * @throws `REVO_OPTION_UNKNOWN`, `REVO_ARGUMENT_INVALID` with the path of the field.
 */
export function checkQuery(query: JobQuery, path: string): JobQuery {
  assertKnownKeys(query, known, path);
  const own = Object.fromEntries(
    Object.entries(ownOptions(query)).filter(([, value]) => value !== undefined),
  ) as JobQuery;
  for (const field of lists) checkList(own[field], `${path}.${field}`, isName, nameRule);
  for (const [index, id] of own.ids?.entries() ?? []) assertJobId(id, `${path}.ids[${index}]`);
  checkList(own.states, `${path}.states`, isState, stateRule);
  for (const field of times)
    checkRange(own[field], `${path}.${field}`, isDate, "to be a valid Date");
  checkRange(own.attempt, `${path}.attempt`, Number.isFinite, "to be a number");
  for (const field of texts) {
    const text: unknown = own[field];
    if (text === undefined || (isText(text) && text.length >= 1 && text.length <= 256)) continue;
    throw argumentError(
      "REVO_ARGUMENT_INVALID",
      `${path}.${field}`,
      "to be a text of 1 to 256 characters",
      text,
    );
  }
  return own;
}

/** Whether a checked query has no field at all, and so means every job. */
export function isEmptyQuery(query: JobQuery): boolean {
  return Object.keys(query).length === 0;
}

function checkList(
  list: unknown,
  path: string,
  test: (value: unknown) => boolean,
  rule: string,
): void {
  if (list === undefined) return;
  if (!Array.isArray(list) || list.length > maxListLength) {
    throw argumentError(
      "REVO_ARGUMENT_INVALID",
      path,
      `to be a list of at most ${maxListLength}`,
      list,
    );
  }
  for (const [index, value] of list.entries()) {
    if (test(value)) continue;
    throw argumentError("REVO_ARGUMENT_INVALID", `${path}[${index}]`, rule, value);
  }
}

function checkRange(
  range: QueryRange<unknown> | undefined,
  path: string,
  test: (value: unknown) => boolean,
  rule: string,
): void {
  if (range === undefined) return;
  assertKnownKeys(range, ["from", "to"], path);
  for (const end of ["from", "to"] as const) {
    if (range[end] === undefined || test(range[end])) continue;
    throw argumentError("REVO_ARGUMENT_INVALID", `${path}.${end}`, rule, range[end]);
  }
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length <= 1024;
}

/** What a storage may be asked for: U+0000 and half a character are in no name, and PostgreSQL refuses them. */
function isName(value: unknown): boolean {
  return isText(value) && isWellFormedText(value);
}

function isState(value: unknown): boolean {
  return jobStates.includes(value as JobState);
}

function isDate(value: unknown): boolean {
  return value instanceof Date && !Number.isNaN(value.getTime());
}
