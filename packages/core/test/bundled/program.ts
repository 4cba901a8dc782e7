// Bundled by minified.test.ts, so that no class in it keeps its name.
import {
  Command,
  EnqueueJobCommand,
  Job,
  NonRetryableError,
  RevoConfiguration,
  RetryAfterError,
  silentLogger,
  type IJobHandler,
} from "../../src/index.ts";
import { MemoryJobStorage } from "../../../memory/src/index.ts";

class Shout extends Job<string> {
  static readonly type = "shout";
  readonly text: string;

  constructor(text: string) {
    super();
    this.text = text;
  }

  get loud(): string {
    return this.text.toUpperCase();
  }
}

class ShoutHandler implements IJobHandler<Shout> {
  async handle(job: Shout): Promise<string> {
    return job.loud;
  }
}

class Capture extends Command {
  static readonly type = "capture";
  readonly card = "stolen";
}

class CaptureHandler {
  async handle(command: Capture): Promise<void> {
    throw new NonRetryableError(`${command.card} card`);
  }
}

const revo = await new RevoConfiguration()
  .useLogger(silentLogger)
  .useJobs(
    () => new MemoryJobStorage(),
    (jobs) => jobs.handle(Shout, ShoutHandler).server({ signals: false }),
  )
  .useCommands((commands) => commands.handle(Capture, CaptureHandler))
  .start();
const shout = await revo.scheduler.enqueueJob(new Shout("hello"));
const result = await shout.result();
const id = await revo.commands.send(new EnqueueJobCommand(new Capture()));
const failure = await revo.scheduler.waitForResult(id).catch((error: unknown) => error);
const { jobs } = await revo.monitor.find({}, { detail: "full" });
await revo.stop();

const stored = jobs.find(({ state }) => state === "failed")?.error;
const errors = [stored, new RetryAfterError("1 s"), failure] as readonly Error[];
const seen = {
  lengthOfNames: [Shout, ShoutHandler, Capture].map(({ name }) => name.length),
  result,
  types: jobs.map(({ type }) => type).toSorted(),
  cause: String((failure as Error).cause),
  errors: errors.map(({ name }) => name),
};
console.log(JSON.stringify(seen));
