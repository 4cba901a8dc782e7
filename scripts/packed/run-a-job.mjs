// Copied into a project that has nothing but the packed packages: one job, from enqueue to its result.
import { job, RevoConfiguration } from "@revojs/core";
import { MemoryJobStorage } from "@revojs/memory";

const add = job("add", async ({ a, b }) => a + b);
const revo = await new RevoConfiguration()
  .useJobs(
    () => new MemoryJobStorage(),
    (jobs) => jobs.add(add),
  )
  .start();
const handle = await revo.scheduler.enqueueJob(add.with({ a: 1, b: 2 }));
const sum = await handle.result({ timeout: "10 s" });
await revo.stop();
if (sum !== 3) throw new Error(`1 + 2 became ${sum}`);
console.log("ok a job ran");
