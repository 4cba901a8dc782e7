import { randomBytes } from "node:crypto";
import {
  type ClaimRequest,
  type ControlRequest,
  type JobError,
  type JobId,
  type NewJob,
  type SettleOutcome,
  SystemClock,
  SystemRandom,
  type UniqueKey,
} from "@revojs/core";

export const SECOND_MS = 1000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
export const MIB: number = 1024 * 1024;

const random = new SystemRandom();
const firstIdMs = new SystemClock().nowMs();
let idsMade = 0;

/** A UUIDv7 that is greater than every one made before in this process, so that ties by id are ties by making. */
export function anId(): JobId {
  const sequence = idsMade++;
  const time = (firstIdMs + Math.floor(sequence / 4096)).toString(16).padStart(12, "0");
  const counter = (sequence % 4096).toString(16).padStart(3, "0");
  const tail = randomBytes(8);
  const variant = ((tail[0] ?? 0) & 0x3f) | 0x80;
  tail[0] = variant;
  const hex = tail.toString("hex");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${counter}-${hex.slice(0, 4)}-${hex.slice(4)}`;
}

/** A fencing token as core makes one. */
export function aToken(): string {
  return random.token();
}

/** A valid job, to be run now from queue `default`. */
export function aJob(overrides: Partial<NewJob> = {}): NewJob {
  return {
    id: anId(),
    type: "send-invoice",
    queue: "default",
    priority: 5,
    payload: '{"invoice":42}',
    envelope: '{"v":1}',
    tags: [],
    maxAttempts: 10,
    maxCrashes: 3,
    start: { kind: "now" },
    ...overrides,
  };
}

/** `count` jobs of the same kind, in ascending order of id. */
export function someJobs(count: number, overrides: Partial<NewJob> = {}): readonly NewJob[] {
  return Array.from({ length: count }, () => aJob(overrides));
}

/** A job that is due in `delayMs`. */
export function aJobIn(delayMs: number, overrides: Partial<NewJob> = {}): NewJob {
  return aJob({ start: { kind: "delay", delayMs }, ...overrides });
}

/** A job under a unique key. */
export function aUniqueJob(unique: Partial<UniqueKey>, overrides: Partial<NewJob> = {}): NewJob {
  return aJob({ unique: aKey(unique), ...overrides });
}

function aKey(overrides: Partial<UniqueKey> = {}): UniqueKey {
  return { key: "invoice-42", scope: "untilFinished", onConflict: "keep", ...overrides };
}

/** What a server with many free slots asks for: up to `limit` jobs, by default 100, from queue `default`. */
export function aClaim(overrides: Partial<ClaimRequest> = {}): ClaimRequest {
  const limit = overrides.limit ?? 100;
  return {
    token: aToken(),
    queues: [{ queue: "default", limit: Math.max(limit, 100) }],
    limit,
    promoteLimit: 100,
    maxBytes: 8 * MIB,
    ...overrides,
  };
}

export function anError(overrides: Partial<JobError> = {}): JobError {
  return { fingerprint: "timeout-at-bank", text: '{"message":"Timeout at bank"}', ...overrides };
}

export function toSucceed(
  overrides: Partial<Extract<SettleOutcome, { kind: "succeed" }>> = {},
): Extract<SettleOutcome, { kind: "succeed" }> {
  return { kind: "succeed", retainMs: DAY_MS, ...overrides };
}

export function toRetry(
  delayMs: number,
  error: JobError = anError(),
): Extract<SettleOutcome, { kind: "retry" }> {
  return { kind: "retry", delayMs, error };
}

export function toFail(
  overrides: Partial<Extract<SettleOutcome, { kind: "fail" }>> = {},
): Extract<SettleOutcome, { kind: "fail" }> {
  return { kind: "fail", retainMs: DAY_MS, reason: "attempts", error: anError(), ...overrides };
}

export function toRelease(
  overrides: Partial<Extract<SettleOutcome, { kind: "release" }>> = {},
): Extract<SettleOutcome, { kind: "release" }> {
  return { kind: "release", delayMs: 0, refundAttempt: true, reason: "shutdown", ...overrides };
}

export function toDelete(
  overrides: Partial<Extract<SettleOutcome, { kind: "delete" }>> = {},
): Extract<SettleOutcome, { kind: "delete" }> {
  return { kind: "delete", retainMs: DAY_MS, reason: "superseded", ...overrides };
}

/** An act of an operator on the given jobs. */
export function anAct(
  ids: readonly JobId[],
  overrides: Partial<ControlRequest> = {},
): ControlRequest {
  return { ids, actor: "alice", reason: "asked by the customer", ...overrides };
}
