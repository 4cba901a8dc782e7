import { Job, RevoConfiguration } from "@revojs/core";
import { MemoryJobStorage } from "@revojs/memory";

class Greet extends Job<string> {
  static readonly type = "greet";
  readonly name: string;

  constructor(name: string) {
    super();
    this.name = name;
  }
}

const revo = await new RevoConfiguration()
  .useJobs(
    () => new MemoryJobStorage(),
    (jobs) => jobs.handle(Greet, (job) => `Hello, ${job.name}!`),
  )
  .start();

const job = await revo.scheduler.enqueueJob(new Greet("Ada"));
const greeting: string = await job.result();
console.log(greeting);
await revo.stop();
