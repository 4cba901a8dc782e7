import type { IJobMonitor, JobId, JobRecord } from "@revojs/core";
import { stateOf } from "./head.ts";
import { joinShortIds, toUuid } from "./job-ids.ts";
import { type JobRow, toRecord } from "./records.ts";
import { defineScript } from "./script.ts";
import { READ_HOLDERS, READ_JOBS, READ_OUTCOMES } from "./scripts/read-jobs.ts";
import type { Store } from "./store.ts";

type Outcome = Awaited<ReturnType<IJobMonitor["outcomes"]>>[number];

/** Jobs in one reply: each may have megabytes of texts. */
const MOST_FULL = 20;
/** Outcomes in one reply. */
const MOST_OUTCOMES = 200;

const jobsScript = defineScript<readonly (JobRow | null)[]>("read-jobs", "reads", READ_JOBS);
const outcomesScript = defineScript<readonly (readonly [string, (string | null)?] | null)[]>(
  "read-outcomes",
  "reads",
  READ_OUTCOMES,
);
const holdersScript = defineScript<readonly (string | null)[]>(
  "read-holders",
  "reads",
  READ_HOLDERS,
);

/** By id, with texts and history. */
export async function readJobs(
  store: Store,
  ids: readonly JobId[],
): Promise<readonly (JobRecord | null)[]> {
  const records: (JobRecord | null)[] = [];
  for (let first = 0; first < ids.length; first += MOST_FULL) {
    const part = joinShortIds(ids.slice(first, first + MOST_FULL));
    const rows = await store.run(jobsScript, ["full", part]);
    for (const row of rows) records.push(row === null ? null : toRecord(row, "full"));
  }
  return records;
}

/** State and result of those that are finished. */
export async function readOutcomes(
  store: Store,
  ids: readonly JobId[],
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (let first = 0; first < ids.length; first += MOST_OUTCOMES) {
    const part = joinShortIds(ids.slice(first, first + MOST_OUTCOMES));
    for (const reply of await store.run(outcomesScript, [part])) {
      const state = reply === null ? undefined : stateOf(reply[0]);
      const result = reply?.[1] ?? undefined;
      outcomes.push(
        state === undefined ? null : { state, ...(result !== undefined && { result }) },
      );
    }
  }
  return outcomes;
}

/** Who holds each key now. */
export async function readHolders(
  store: Store,
  uniqueKeys: readonly string[],
): Promise<readonly (JobId | null)[]> {
  if (uniqueKeys.length === 0) return [];
  const holders = await store.run(holdersScript, uniqueKeys);
  return holders.map((holder) => (holder === null ? null : toUuid(holder)));
}
