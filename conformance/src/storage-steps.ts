import type { IJobStorage, JobId, NewJob, Settlement } from "@revojs/core";
import { anId, SECOND_MS } from "./builders.ts";

/** Stores jobs, in calls as large as the storage takes. */
export async function fill(storage: IJobStorage<unknown>, jobs: readonly NewJob[]): Promise<void> {
  const { maxBatch } = storage.capabilities;
  for (let first = 0; first < jobs.length; first += maxBatch) {
    await storage.enqueue({ jobs: jobs.slice(first, first + maxBatch) });
  }
}

/** Makes a job server known, with a lease of 15 s. @returns Its id. */
export async function registerServer(storage: IJobStorage<unknown>): Promise<string> {
  const serverId = anId();
  await storage.register({ serverId, leaseMs: 15 * SECOND_MS, info: "{}" });
  return serverId;
}

/** Settlements of jobs claimed under `token` as succeeded. @param retainMs 0: dropped at once. */
export function allSucceed(
  jobs: readonly { readonly id: JobId }[],
  token: string,
  retainMs = 0,
): readonly Settlement[] {
  return jobs.map(({ id }) => ({ jobId: id, token, outcome: { kind: "succeed", retainMs } }));
}
