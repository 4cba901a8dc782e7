import type { Settlement } from "@revojs/core";
import { SystemRandom, type NewJob } from "@revojs/core";
import { MemoryJobStorage } from "@revojs/memory";
import { JOBS, type Scenario, WARM_UPS } from "./scenario.ts";

const BATCH = 1_000;
const SERVER_ID = "01900000-0000-7000-8000-000000000001";

/** The storage alone, driven by its contract: what of the core's figures is the storage's. */
export const memoryStorage: Scenario = {
  name: "memory-storage",
  title: "memory storage alone, batches of 1,000",
  async run() {
    const storage = new MemoryJobStorage();
    await storage.open();
    await storage.register({ serverId: SERVER_ID, leaseMs: 15_000, info: "{}" });
    for (let warmUp = 0; warmUp < WARM_UPS; warmUp++) await pass(storage, warmUp);
    const { enqueueMs, exchangeMs } = await pass(storage, WARM_UPS);
    await storage.close();
    return {
      "enqueue, µs a job": (enqueueMs / JOBS) * 1000,
      "claim and settle, µs a job": (exchangeMs / JOBS) * 1000,
    };
  },
};

async function pass(
  storage: MemoryJobStorage,
  round: number,
): Promise<{ readonly enqueueMs: number; readonly exchangeMs: number }> {
  const jobs = Array.from({ length: JOBS }, (_, index) => newJob(round, index));
  const startedMs = performance.now();
  for (let start = 0; start < JOBS; start += BATCH) {
    await storage.enqueue({ jobs: jobs.slice(start, start + BATCH) });
  }
  const enqueuedMs = performance.now();
  const random = new SystemRandom();
  let settle: readonly Settlement[] = [];
  let settled = 0;
  while (settled < JOBS) {
    const token = random.token();
    const reply = await storage.exchange({
      serverId: SERVER_ID,
      settle,
      claim: {
        token,
        queues: [{ queue: "default", limit: BATCH }],
        limit: BATCH,
        promoteLimit: BATCH,
        maxBytes: 2 ** 23,
      },
    });
    settled += reply.settled.length;
    settle = reply.jobs.map(({ id }) => ({
      jobId: id,
      token,
      outcome: { kind: "succeed", retainMs: 0 },
    }));
  }
  return { enqueueMs: enqueuedMs - startedMs, exchangeMs: performance.now() - enqueuedMs };
}

function newJob(round: number, index: number): NewJob {
  const tail = (round * JOBS + index).toString(16).padStart(12, "0");
  return {
    id: `01900000-0000-7000-8000-${tail}`,
    type: "noop",
    queue: "default",
    priority: 5,
    payload: `{"i":${index}}`,
    envelope: "{}",
    tags: [],
    maxAttempts: 10,
    maxCrashes: 3,
    start: { kind: "now" },
  };
}
