import assert from "node:assert/strict";
import {
  type EnqueueResult,
  hasCode,
  type IJobStorage,
  type JobId,
  type JobRecord,
  type JobState,
  type NewJob,
  type RecoverReply,
  type RevoErrorCode,
} from "@revojs/core";
import { anId, SECOND_MS } from "./builders.ts";

/** The full record of a stored job. */
export async function recordOf(storage: IJobStorage<unknown>, id: JobId): Promise<JobRecord> {
  const [record] = await storage.monitor.get([id]);
  assert.ok(record, `expected job ${id} to be stored`);
  return record;
}

/** `null` for a job that is not stored. */
export async function stateOf(storage: IJobStorage<unknown>, id: JobId): Promise<JobState | null> {
  const [record] = await storage.monitor.get([id]);
  return record?.state ?? null;
}

export async function statesOf(
  storage: IJobStorage<unknown>,
  jobs: readonly { readonly id: JobId }[],
): Promise<readonly (JobState | null)[]> {
  const records = await storage.monitor.get(jobs.map((job) => job.id));
  return records.map((record) => record?.state ?? null);
}

/** Stores jobs that nothing stands against. */
export async function enqueue(
  storage: IJobStorage<unknown>,
  ...jobs: readonly NewJob[]
): Promise<void> {
  const { maxBatch } = storage.capabilities;
  for (let first = 0; first < jobs.length; first += maxBatch) {
    const batch = jobs.slice(first, first + maxBatch);
    const results = await storage.enqueue({ jobs: batch });
    assert.deepEqual(
      results,
      batch.map((): EnqueueResult => ({ kind: "created" })),
    );
  }
}

/** Stores one job and returns what the storage answers. */
export async function enqueueOne(
  storage: IJobStorage<unknown>,
  job: NewJob,
  mayExist = false,
): Promise<EnqueueResult> {
  const [result] = await storage.enqueue({ jobs: [job], mayExist });
  assert.ok(result, "expected one result for one job, got none");
  return result;
}

export function idsOf(jobs: readonly { readonly id: JobId }[]): readonly JobId[] {
  return jobs.map((job) => job.id);
}

/** The same items in whatever order. */
export function assertSameItems(actual: readonly string[], expected: readonly string[]): void {
  assert.deepEqual([...actual].toSorted(), [...expected].toSorted());
}

/** The storage's clock. */
export async function nowOf(storage: IJobStorage<unknown>): Promise<number> {
  const serverId = anId();
  const reply = await storage.register({ serverId, leaseMs: 15 * SECOND_MS, info: "{}" });
  await storage.unregister(serverId);
  return reply.storageNow.getTime();
}

/** A duration that shrinks while the storage's clock goes on. */
export function assertRemaining(
  actualMs: number | null,
  expectedMs: number,
  slackMs: number,
): void {
  assert.ok(
    actualMs !== null && actualMs <= expectedMs && actualMs >= Math.max(expectedMs - slackMs, 0),
    `expected ${expectedMs} ms to remain (down to ${slackMs} less), got ${String(actualMs)}`,
  );
}

/** A duration that grows while the storage's clock goes on. */
export function assertElapsed(actualMs: number | null, expectedMs: number, slackMs: number): void {
  assert.ok(
    actualMs !== null && actualMs >= expectedMs && actualMs <= expectedMs + slackMs,
    `expected ${expectedMs} ms to have passed (up to ${slackMs} more), got ${String(actualMs)}`,
  );
}

/** An instant stamped by the storage's clock at or soon after `expectedMs`. */
export function assertStamped(actual: Date | undefined, expectedMs: number, slackMs: number): void {
  assertElapsed(actual?.getTime() ?? null, expectedMs, slackMs);
}

/** Every call is refused by a rejected promise with this code. */
export async function assertRefused(
  call: () => Promise<unknown>,
  code: RevoErrorCode,
): Promise<void> {
  await assert.rejects(call, (error: unknown) => {
    assert.ok(hasCode(error, code), `expected code ${code}, got ${String(error)}`);
    return true;
  });
}

/** The parts of a recovery that took place. */
export function assertRecovered(
  reply: RecoverReply,
  expected: Partial<Omit<Extract<RecoverReply, { kind: "recovered" }>, "kind">>,
): void {
  assert.equal(reply.kind, "recovered");
  if (reply.kind !== "recovered") return;
  assertSameItems(reply.returned, expected.returned ?? []);
  assertSameItems(reply.failed, expected.failed ?? []);
  assertSameItems(reply.deleted, expected.deleted ?? []);
  assert.equal(reply.more, expected.more ?? false);
}
