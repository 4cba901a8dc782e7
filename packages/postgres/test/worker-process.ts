// Runs jobs of type `slow` until it is killed; says so when one has begun. Arguments: connection string, schema.
import { setTimeout as sleep } from "node:timers/promises";
import { job, RevoConfiguration } from "@revojs/core";
import { PostgresJobStorage } from "@revojs/postgres";

const [, , connectionString = "", schema = ""] = process.argv;

const slow = job("slow", async ({ n }: { readonly n: number }) => {
  process.send?.(n);
  await sleep(60_000);
});

await new RevoConfiguration()
  .useJobs(
    () => new PostgresJobStorage({ connectionString, schema }),
    (jobs) => jobs.add(slow).server({ concurrency: 5, lease: "2 s", beat: "500 ms" }),
  )
  .start();
