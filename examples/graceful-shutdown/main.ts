// A job server that is told to stop (SIGTERM, as a deployment does): it takes no more jobs, gives the running ones their
// grace, asks the rest to end and gives them back, with their attempt, to whoever runs them next.
import { setTimeout } from "node:timers/promises";
import { type IJob, type JobContext, RevoConfiguration } from "@revojs/core";
import { MemoryJobStorage } from "@revojs/memory";

class Resize implements IJob {
  static readonly type = "resize";
  readonly file: string;
  readonly workMs: number;

  constructor(file: string, workMs: number) {
    this.file = file;
    this.workMs = workMs;
  }
}

async function resize({ file, workMs }: Resize, { signal }: JobContext): Promise<void> {
  console.log(`${file}: started`);
  try {
    await setTimeout(workMs, undefined, { signal });
    console.log(`${file}: done`);
  } catch (error) {
    if (!signal.aborted) throw error;
    console.log(`${file}: asked to end (${(signal.reason as { code: string }).code}), tidying up`);
    throw error;
  }
}

const revo = await new RevoConfiguration()
  .useJobs(
    () => new MemoryJobStorage(),
    (jobs) => jobs.handle(Resize, resize).server({ concurrency: 2, grace: "2 s" }),
  )
  .start();
revo.events.on("job.released", ({ reason, attempt }) => {
  console.log(`given back: ${reason}, attempt ${attempt} does not count`);
});
revo.events.on("server.stopped", () => console.log("stopped"));

await revo.scheduler.enqueueJobs([
  new Resize("short.jpg", 1_000),
  new Resize("long.jpg", 60_000),
  new Resize("waiting.jpg", 1_000),
]);
