import assert from "node:assert/strict";
import type { FindRequest, IJobStorage, JobFilter, JobId, JobState } from "@revojs/core";
import { enqueue, idsOf } from "./assertions.ts";
import {
  aJob,
  aJobIn,
  DAY_MS,
  HOUR_MS,
  someJobs,
  toDelete,
  toFail,
  toSucceed,
} from "./builders.ts";
import { aServer } from "./server-driver.ts";

/** A page of ids, large enough for what most cases store. */
export function aRequest(overrides: Partial<FindRequest> = {}): FindRequest {
  return {
    filter: {},
    order: "natural",
    limit: 100,
    scanLimit: 1000,
    detail: "ids",
    ...overrides,
  };
}

/** The ids of each page, until there is no further one. */
export async function pagesOf(
  storage: IJobStorage<unknown>,
  request: FindRequest,
): Promise<readonly (readonly JobId[])[]> {
  const pages: (readonly JobId[])[] = [];
  let page = await storage.monitor.find(request);
  pages.push(idsOf(page.jobs));
  while (page.next !== null) {
    page = await storage.monitor.find({ ...request, after: page.next });
    pages.push(idsOf(page.jobs));
  }
  return pages;
}

/** The ids that all pages together tell. */
export async function found(
  storage: IJobStorage<unknown>,
  filter: JobFilter,
  overrides: Partial<FindRequest> = {},
): Promise<readonly JobId[]> {
  return (await pagesOf(storage, aRequest({ filter, ...overrides }))).flat();
}

/** One job in each state that a storage without limits and workflows has. */
export async function oneOfEach(
  storage: IJobStorage<unknown>,
): Promise<ReadonlyMap<JobState, JobId>> {
  await enqueue(storage, ...someJobs(4));
  const server = await aServer(storage);
  const [succeeded, failed, deleted, processing] = await server.claim(4);
  assert.ok(succeeded && failed && deleted && processing);
  await server.settle(succeeded, toSucceed({ retainMs: DAY_MS }));
  await server.settle(failed, toFail({ retainMs: DAY_MS }));
  await server.settle(deleted, toDelete({ retainMs: DAY_MS }));
  const [enqueued, scheduled] = [aJob(), aJobIn(HOUR_MS)];
  await enqueue(storage, enqueued, scheduled);
  return new Map<JobState, JobId>([
    ["succeeded", succeeded.id],
    ["failed", failed.id],
    ["deleted", deleted.id],
    ["processing", processing.id],
    ["enqueued", enqueued.id],
    ["scheduled", scheduled.id],
  ]);
}
