import type { ClaimedJob, ClaimRequest, NewJob, Settlement, SettleOutcome } from "@revojs/core";
import type { MemoryJobStorage } from "../src/memory-job-storage.ts";

export const DAY_MS = 86_400_000;

/** The same number makes the same id, a higher one a higher id. */
export function idOf(number: number): string {
  return `01900000-0000-7000-8000-${number.toString(16).padStart(12, "0")}`;
}

let made = 0;

export function aJob(overrides: Partial<NewJob> = {}): NewJob {
  return {
    id: idOf(++made),
    type: "send-invoice",
    queue: "default",
    priority: 5,
    payload: "{}",
    envelope: "{}",
    tags: [],
    maxAttempts: 10,
    maxCrashes: 3,
    start: { kind: "now" },
    ...overrides,
  };
}

export function someJobs(count: number, overrides: Partial<NewJob> = {}): readonly NewJob[] {
  return Array.from({ length: count }, () => aJob(overrides));
}

export function aClaim(token: string, overrides: Partial<ClaimRequest> = {}): ClaimRequest {
  return {
    token,
    queues: [{ queue: "default", limit: 1000 }],
    limit: 1000,
    promoteLimit: 1000,
    maxBytes: 1 << 23,
    ...overrides,
  };
}

/** Claims for the registered server `server-1` unless another is named. */
export async function claim(
  storage: MemoryJobStorage,
  token: string,
  {
    serverId = "server-1",
    ...overrides
  }: Partial<ClaimRequest> & { readonly serverId?: string } = {},
): Promise<readonly ClaimedJob[]> {
  const reply = await storage.exchange({ serverId, settle: [], claim: aClaim(token, overrides) });
  return reply.jobs;
}

export async function aServer(storage: MemoryJobStorage, serverId = "server-1"): Promise<void> {
  await storage.register({ serverId, leaseMs: 15_000, info: "{}" });
}

export function settlements(
  jobs: readonly ClaimedJob[],
  token: string,
  outcome: SettleOutcome = { kind: "succeed", retainMs: DAY_MS },
): readonly Settlement[] {
  return jobs.map((job) => ({ jobId: job.id, token, outcome }));
}

/** Runs one batch: claims it, settles it. */
export async function drain(
  storage: MemoryJobStorage,
  token: string,
  outcome?: SettleOutcome,
): Promise<readonly ClaimedJob[]> {
  const jobs = await claim(storage, token);
  await storage.exchange({ serverId: "server-1", settle: settlements(jobs, token, outcome) });
  return jobs;
}
