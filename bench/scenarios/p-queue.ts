import PQueue from "p-queue";
import { JOBS, type Scenario, WARM_UPS } from "./scenario.ts";

/** A well-known in-process queue without ids, storage, retries or history. */
export const pQueue: Scenario = {
  name: "p-queue",
  title: "p-queue, concurrency 10",
  async run() {
    for (let warmUp = 0; warmUp < WARM_UPS; warmUp++) await drain();
    const startedMs = performance.now();
    await drain();
    return { "jobs/s": (JOBS / (performance.now() - startedMs)) * 1000 };
  },
};

async function drain(): Promise<void> {
  const queue = new PQueue({ concurrency: 10 });
  let done = 0;
  for (let id = 0; id < JOBS; id++) {
    void queue.add(async () => {
      done += 1;
    });
  }
  await queue.onIdle();
  if (done !== JOBS) throw new Error(`Ran ${done} of ${JOBS}`);
}
