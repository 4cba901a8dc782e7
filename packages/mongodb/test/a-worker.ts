import { randomUUID } from "node:crypto";
import { type JobState, job, type Revo, RevoConfiguration, SystemClock } from "@revojs/core";
import { expect, onTestFinished } from "vitest";
import type { MongodbJobStorage } from "../src/mongodb-job-storage.ts";

/** Jobs of one test. */
export const JOBS = 600;
export const patience: { readonly timeout: number } = { timeout: 90_000 };
const clock = new SystemClock();

const numbered = job("numbered", async (_payload: { readonly number: number }) => {});

export interface Worker {
  readonly revo: Revo<unknown>;
  /** How often each number was run. */
  readonly runs: ReadonlyMap<number, number>;
  /** What the job server's loops could not do at once. */
  readonly failures: readonly unknown[];
}

/** Handles {@link JOBS} numbers and counts how often each was run. */
export async function aWorker(storage: () => MongodbJobStorage): Promise<Worker> {
  const runs = new Map<number, number>();
  const revo = await new RevoConfiguration()
    .useLogger({ debug() {}, info() {}, warn() {}, error() {} })
    .useJobs(storage, (jobs) =>
      jobs
        .add(numbered, async ({ number }) => {
          // So that the fault meets jobs at work.
          await pause(5);
          runs.set(number, (runs.get(number) ?? 0) + 1);
        })
        .server({ concurrency: 20, maxPrefetch: 50, lease: "15 s", signals: false }),
    )
    .start();
  onTestFinished(() => revo.stop());
  const failures: unknown[] = [];
  revo.events.on("loop.failed", (event) => failures.push(event));
  return { revo, runs, failures };
}

/** Each with an id of its own, so that it may be sent until it is known to be stored. */
export async function storeJobs(revo: Revo<unknown>): Promise<void> {
  const items = Array.from({ length: JOBS }, (_, number) => ({
    job: numbered.with({ number }),
    id: randomUUID(),
  }));
  for (let first = 0; first < JOBS; first += 50) {
    const part = items.slice(first, first + 50);
    await expect
      .poll(
        () =>
          revo.scheduler.enqueueJobs(part).then(
            () => true,
            () => false,
          ),
        patience,
      )
      .toBe(true);
  }
}

/** All succeeded and nothing is left; unless said otherwise, each ran once. */
export async function expectAllDone(
  revo: Revo<unknown>,
  runs: ReadonlyMap<number, number>,
  { mayRepeat = false }: { readonly mayRepeat?: boolean } = {},
): Promise<void> {
  const count = (states: readonly JobState[]): Promise<number> =>
    revo.monitor.count({ states }).then(
      (counted) => counted.count,
      () => -1,
    );
  await expect.poll(() => count(["enqueued", "scheduled", "processing"]), patience).toBe(0);
  expect(await count(["succeeded"])).toBe(JOBS);
  expect(runs.size).toBe(JOBS);
  if (!mayRepeat) expect([...runs].filter(([, times]) => times !== 1)).toEqual([]);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.schedule(ms, resolve);
  });
}
