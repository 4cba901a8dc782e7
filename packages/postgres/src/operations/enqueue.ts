import type { EnqueueRequest, EnqueueResult, JobId, NewJob, UniqueKey } from "@revojs/core";
import { plainArray, textArray } from "../arrays.ts";
import { type Connections, valueOf, write } from "../connections.ts";
import { PLAIN_FROM } from "../migrations/0001/enqueue.ts";

/** Most characters of payloads and envelopes in one statement. */
const MOST_TEXT = 16 * 1024 * 1024;

const CREATED: EnqueueResult = Object.freeze({ kind: "created" });
const EXISTS: EnqueueResult = Object.freeze({ kind: "exists" });
const PARENT_UNKNOWN: EnqueueResult = Object.freeze({ kind: "rejected", reason: "parent-unknown" });

/** Places in what {@link columnsOf} answers. */
const IDS = 0;
const PAYLOADS = 4;

/** How long a key is held, as it is stored. */
export const SCOPES: Readonly<Record<UniqueKey["scope"], number>> = {
  untilStarted: 1,
  untilFinished: 2,
  retained: 3,
  window: 4,
};

/** A job whose start is a time. */
export type TimedJob = NewJob & { readonly start: Exclude<NewJob["start"], { kind: "after" }> };

/** Stores new jobs: one statement, or a few where their texts are large. */
export async function enqueue(
  connections: Connections,
  { jobs, mayExist = false }: EnqueueRequest,
): Promise<readonly EnqueueResult[]> {
  const timed = jobs.filter((job) => isTimed(job));
  const results: EnqueueResult[] = [];
  for (const part of partsOf(timed)) {
    results.push(...(await enqueuePart(connections, part, mayExist)));
  }
  if (timed.length === jobs.length) return results;
  // Without the facet `workflows` there are no parents.
  let next = 0;
  return jobs.map((job) => (isTimed(job) ? (results[next++] ?? EXISTS) : PARENT_UNKNOWN));
}

export function isTimed(job: NewJob): job is TimedJob {
  return job.start.kind !== "after";
}

/** What the function answers, told for each job. `null`: all were created. */
export function toResults(answer: string | null, count: number): readonly EnqueueResult[] {
  const results = new Array<EnqueueResult>(count).fill(CREATED);
  if (answer === null) return results;
  const others = JSON.parse(answer) as Record<string, readonly [Other, JobId]>;
  for (const [place, [kind, jobId]] of Object.entries(others)) {
    results[Number(place)] = kind === "exists" ? EXISTS : { kind, jobId };
  }
  return results;
}

type Other = "exists" | "duplicate" | "replaced";

async function enqueuePart(
  connections: Connections,
  jobs: readonly TimedJob[],
  mayExist: boolean,
): Promise<readonly EnqueueResult[]> {
  const rows = await write(connections, {
    name: "revo_enqueue",
    text: `select ${connections.names.schema}.enqueue($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19)`,
    values: [
      ...(!mayExist && areAlike(jobs) ? columnsOfAlike(jobs) : columnsOf(jobs)),
      mayExist,
      connections.pace.isLeading(jobs),
    ],
  });
  return toResults(valueOf(rows), jobs.length);
}

/** Whether so many jobs differ in nothing but ids and payloads that what they have in common need be told only once. */
function areAlike(jobs: readonly TimedJob[]): boolean {
  const [first] = jobs;
  if (first === undefined || jobs.length < PLAIN_FROM) return false;
  const { type, queue, priority, envelope, maxAttempts, maxCrashes } = first;
  for (const job of jobs) {
    const isLikeFirst =
      job.type === type &&
      job.queue === queue &&
      job.priority === priority &&
      job.envelope === envelope &&
      job.maxAttempts === maxAttempts &&
      job.maxCrashes === maxCrashes;
    const isPlain =
      job.start.kind === "now" &&
      job.tags.length === 0 &&
      job.discardAfterMs === undefined &&
      job.unique === undefined;
    if (!isLikeFirst || !isPlain) return false;
  }
  return true;
}

function columnsOfAlike(jobs: readonly TimedJob[]): readonly (string | null)[] {
  const columns = [...columnsOf(jobs.slice(0, 1))];
  columns[IDS] = plainArray(jobs.map(({ id }) => id));
  columns[PAYLOADS] = textArray(jobs.map(({ payload }) => payload));
  return columns;
}

function columnsOf(jobs: readonly TimedJob[]): readonly (string | null)[] {
  const starts = jobs.map(({ start }) => start);
  const keys = jobs.map(({ unique }) => unique);
  const hasKeys = keys.some((key) => key !== undefined);
  return [
    plainArray(jobs.map(({ id }) => id)),
    textArray(jobs.map(({ type }) => type)),
    textArray(jobs.map(({ queue }) => queue)),
    plainArray(jobs.map(({ priority }) => priority)),
    textArray(jobs.map(({ payload }) => payload)),
    textArray(jobs.map(({ envelope }) => envelope)),
    plainArray(jobs.map(({ maxAttempts }) => maxAttempts)),
    plainArray(jobs.map(({ maxCrashes }) => maxCrashes)),
    jobs.some(({ tags }) => tags.length > 0)
      ? textArray(jobs.map(({ tags }) => tagsOf(tags)))
      : null,
    whereAny(starts.map((start) => (start.kind === "delay" ? start.delayMs : null))),
    whereAny(starts.map((start) => (start.kind === "at" ? runAtOf(start.runAt) : null))),
    whereAny(jobs.map(({ discardAfterMs }) => discardAfterMs ?? null)),
    whereAny(jobs.map(({ discardRetainMs }) => discardRetainMs ?? null)),
    hasKeys ? textArray(keys.map((key) => key?.key)) : null,
    hasKeys ? plainArray(keys.map((key) => (key === undefined ? null : SCOPES[key.scope]))) : null,
    hasKeys ? plainArray(keys.map((key) => key?.windowMs ?? null)) : null,
    keys.some((key) => key?.onConflict === "replace")
      ? plainArray(keys.map((key) => key?.onConflict === "replace"))
      : null,
  ];
}

function whereAny(values: readonly (number | null)[]): string | null {
  return values.some((value) => value !== null) ? plainArray(values) : null;
}

/** Tags as the text of an array; most jobs have none. */
export function tagsOf(tags: readonly string[]): string | null {
  return tags.length === 0 ? null : textArray(tags);
}

/** A time before 1970 has come as any other that is over, and PostgreSQL knows no years before 4714 BC. */
export function runAtOf(runAt: Date): number {
  const atMs = runAt.getTime();
  return Number.isNaN(atMs) ? 0 : Math.max(atMs, 0);
}

function* partsOf(jobs: readonly TimedJob[]): Generator<readonly TimedJob[]> {
  let first = 0;
  let length = 0;
  for (const [index, { payload, envelope }] of jobs.entries()) {
    const next = payload.length + envelope.length;
    if (index > first && length + next > MOST_TEXT) {
      yield jobs.slice(first, index);
      first = index;
      length = 0;
    }
    length += next;
  }
  if (first < jobs.length) yield first === 0 ? jobs : jobs.slice(first);
}
