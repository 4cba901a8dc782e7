import { randomBytes } from "node:crypto";
import {
  type ClaimedJob,
  type ClaimRequest,
  type IJobStorage,
  type NewJob,
  type Settlement,
  SystemRandom,
} from "@revojs/core";

const random = new SystemRandom();
let made = 0;

/** A UUIDv7 that is greater than every one made before in this process. */
export function anId(): string {
  const tail = randomBytes(8);
  tail[0] = ((tail[0] ?? 0) & 0x3f) | 0x80;
  const hex = tail.toString("hex");
  const sequence = made++;
  const time = (Date.UTC(2026, 0, 1) + Math.floor(sequence / 4096)).toString(16).padStart(12, "0");
  const counter = (sequence % 4096).toString(16).padStart(3, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${counter}-${hex.slice(0, 4)}-${hex.slice(4)}`;
}

function aToken(): string {
  return random.token();
}

export function aJob(overrides: Partial<NewJob> = {}): NewJob {
  return {
    id: anId(),
    type: "send-invoice",
    queue: "default",
    priority: 5,
    payload: '{"invoice":42}',
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

/** Stores jobs, batch by batch. */
export async function fill(storage: IJobStorage, jobs: readonly NewJob[]): Promise<void> {
  for (let first = 0; first < jobs.length; first += 1000) {
    await storage.enqueue({ jobs: jobs.slice(first, first + 1000) });
  }
}

export function aClaim(overrides: Partial<ClaimRequest> = {}): ClaimRequest {
  const limit = overrides.limit ?? 100;
  return {
    token: aToken(),
    queues: [{ queue: "default", limit }],
    limit,
    promoteLimit: 100,
    maxBytes: 8 * 1024 * 1024,
    ...overrides,
  };
}

/** Makes a job server known. */
export async function aServer(storage: IJobStorage): Promise<string> {
  const serverId = anId();
  await storage.register({ serverId, leaseMs: 15_000, info: "{}" });
  return serverId;
}

/** Settlements of claimed jobs as succeeded, to be dropped at once unless said otherwise. */
export function allSucceed(
  jobs: readonly ClaimedJob[],
  token: string,
  retainMs = 0,
): readonly Settlement[] {
  return jobs.map(({ id }) => ({
    jobId: id,
    token,
    outcome: { kind: "succeed", retainMs },
  }));
}
