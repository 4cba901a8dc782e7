import { makeJobType } from "../../src/configuration/job-type-factory.ts";
import { job } from "../../src/handlers/define-job.ts";
import type { JobType } from "../../src/handlers/job-type.ts";
import { defaultTypeOptions, type JobTypeOptions } from "../../src/job/job-options.ts";
import { Attempt } from "../../src/server/attempt.ts";
import type { ClaimedJob } from "../../src/storage/exchange.ts";

let made = 0;

/** A UUID by number. */
function idOf(number: number): string {
  return `00000000-0000-7000-8000-${String(number).padStart(12, "0")}`;
}

function aClaimedJob(parts: Partial<ClaimedJob> = {}): ClaimedJob {
  return {
    id: idOf(++made),
    type: "work",
    queue: "default",
    priority: 5,
    payload: "{}",
    envelope: "{}",
    maxAttempts: 10,
    maxCrashes: 3,
    attempt: 1,
    crashes: 0,
    releases: 0,
    waitedMs: 0,
    ...parts,
  };
}

function aType(options: JobTypeOptions = {}, name = "work"): JobType {
  return makeJobType(
    { job: job(name, () => {}), handler: null, options, declaredOnly: false },
    defaultTypeOptions,
  );
}

export function anAttempt(
  parts: Partial<ClaimedJob> = {},
  type: JobType | null = aType(),
): Attempt {
  return new Attempt(aClaimedJob(parts), "1", "server", type);
}
