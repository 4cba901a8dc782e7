import type { EnqueueRequest, EnqueueResult, NewJob } from "@revojs/core";
import { encodeBody } from "./body.ts";
import { joinShortIds, toUuid } from "./job-ids.ts";
import { defineScript, type Script } from "./script.ts";
import { ENQUEUE_JOBS } from "./scripts/enqueue-jobs.ts";
import type { Store } from "./store.ts";

/** Redis does nothing else while it reads one command: more than this of payloads goes in several. */
const MOST_BYTES_PER_CALL = 8 * 1024 * 1024;

/** See `scripts/enqueue.ts` for the replies. */
export const enqueueScript: Script<readonly string[]> = defineScript(
  "enqueue",
  "writes",
  ENQUEUE_JOBS,
);

const CREATED: EnqueueResult = Object.freeze({ kind: "created" });
const EXISTS: EnqueueResult = Object.freeze({ kind: "exists" });
const PARENT_UNKNOWN: EnqueueResult = Object.freeze({ kind: "rejected", reason: "parent-unknown" });

/** Sends the values of one call. */
export type SendEnqueue = (values: readonly (string | number)[]) => Promise<readonly string[]>;

/** Stores new jobs; `mayExist` is as good as given, since finished jobs are where the others are. */
export async function enqueue(
  store: Store,
  request: EnqueueRequest,
  send: SendEnqueue = (values) => store.run(enqueueScript, values),
): Promise<readonly EnqueueResult[]> {
  const results: EnqueueResult[] = [];
  for (const part of partsOf(request.jobs)) {
    // Without the facet `workflows` there are no parents.
    const jobs = part.some(isChild) ? part.filter((job) => !isChild(job)) : part;
    const answers = jobs.length === 0 ? [] : toResults(await send(groupsOf(jobs)));
    if (jobs === part && part === request.jobs) return answers;
    let next = 0;
    for (const job of part) {
      results.push(isChild(job) ? PARENT_UNKNOWN : (answers[next++] ?? CREATED));
    }
  }
  return results;
}

function isChild({ start }: NewJob): boolean {
  return start.kind === "after";
}

/** The arguments of the script: jobs that follow each other and are alike but for id and body share a group. */
export function groupsOf(jobs: readonly NewJob[]): readonly (string | number)[] {
  const values: (string | number)[] = [0];
  let groups = 0;
  for (let first = 0; first < jobs.length; groups++) {
    const model = jobs[first] as NewJob;
    let end = first + 1;
    while (end < jobs.length && isAlike(model, jobs[end] as NewJob)) end++;
    const ids: string[] = [];
    for (let i = first; i < end; i++) ids.push((jobs[i] as NewJob).id);
    const evenAt = values.push(...fieldsOf(model), 0) - 1;
    values.push(joinShortIds(ids));
    let even = true;
    for (let i = first; i < end; i++) {
      const job = jobs[i] as NewJob;
      const bytes = Buffer.byteLength(job.payload);
      even &&= bytes === job.payload.length && isBodyAlike(model, job);
      values.push(encodeBody(job, bytes));
    }
    if (even) values[evenAt] = 1;
    if (model.unique !== undefined) {
      for (let i = first; i < end; i++) values.push((jobs[i] as NewJob).unique?.key ?? "");
    }
    first = end;
  }
  values[0] = groups;
  return values;
}

/** Whether bodies differ in nothing but the payload: then, as long as that is ASCII, one that is as long has a payload as long. */
function isBodyAlike(one: NewJob, other: NewJob): boolean {
  return (
    one.envelope === other.envelope &&
    (one.tags === other.tags || (one.tags.length === 0 && other.tags.length === 0))
  );
}

function isAlike(one: NewJob, other: NewJob): boolean {
  return (
    one.queue === other.queue &&
    one.type === other.type &&
    one.priority === other.priority &&
    one.maxAttempts === other.maxAttempts &&
    one.maxCrashes === other.maxCrashes &&
    (isPlain(one) ? isPlain(other) : fieldsOf(one).join(" ") === fieldsOf(other).join(" "))
  );
}

/** To be run now, and nothing more. */
function isPlain({ start, unique, discardAfterMs }: NewJob): boolean {
  return start.kind === "now" && unique === undefined && discardAfterMs === undefined;
}

function fieldsOf(job: NewJob): readonly (string | number)[] {
  const { queue, priority, type, maxCrashes, maxAttempts, unique, start } = job;
  return [
    queue,
    priority,
    type,
    maxCrashes,
    maxAttempts,
    unique === undefined ? "" : SCOPES[unique.scope],
    unique?.windowMs ?? "",
    unique?.onConflict === "replace" ? 1 : 0,
    job.discardAfterMs ?? "",
    job.discardRetainMs ?? "",
    ...startOf(start),
  ];
}

/** The letter of each scope, which is a flag of the job. */
const SCOPES = { untilStarted: "S", untilFinished: "F", retained: "R", window: "W" } as const;

/** When a job starts, as scripts read it: `now`, `in` so many ms, or `at` an instant. A time that is none is now. */
export function startOf(start: NewJob["start"]): readonly [kind: "now" | "in" | "at", ms: number] {
  switch (start.kind) {
    case "now":
    case "after":
      return ["now", 0];
    case "delay":
      return ["in", Math.ceil(start.delayMs)];
    case "at": {
      const runAtMs = start.runAt.getTime();
      return Number.isNaN(runAtMs) ? ["now", 0] : ["at", runAtMs];
    }
  }
}

/** A letter for each job, and the ids that go with some of them. */
function toResults([letters = "", ...holders]: readonly string[]): readonly EnqueueResult[] {
  if (holders.length === 0 && letters === "c".repeat(letters.length)) {
    return new Array<EnqueueResult>(letters.length).fill(CREATED);
  }
  let next = 0;
  const holder = (): string => toUuid(holders[next++] ?? "");
  return Array.from(letters, (letter): EnqueueResult => {
    switch (letter) {
      case "c":
        return CREATED;
      case "e":
        return EXISTS;
      case "r":
        return { kind: "replaced", jobId: holder() };
      default:
        return { kind: "duplicate", jobId: holder() };
    }
  });
}

/** Parts of which each may go in one call. */
export function* partsOf(jobs: readonly NewJob[]): Generator<readonly NewJob[]> {
  let first = 0;
  let bytes = 0;
  for (const [at, job] of jobs.entries()) {
    // Rough: three bytes for each unit is the most that UTF-8 needs.
    const size = job.payload.length + job.envelope.length;
    if (at > first && bytes + size > MOST_BYTES_PER_CALL) {
      yield jobs.slice(first, at);
      first = at;
      bytes = 0;
    }
    bytes += size;
  }
  if (jobs.length > 0) yield first === 0 ? jobs : jobs.slice(first);
}
