import {
  type Constructor,
  type IHandlerActivator,
  type IJobHandler,
  RevoConfiguration,
  silentLogger,
} from "@revojs/core";
import { MemoryJobStorage } from "@revojs/memory";
import { TakeArticle } from "../warehouse.ts";

/** Runs one job whose first attempt fails, with handlers from the container; answers the result. */
export async function runTwoAttempts(
  activator: IHandlerActivator,
  handler: Constructor<IJobHandler<TakeArticle>>,
): Promise<string> {
  await using revo = await new RevoConfiguration()
    .useLogger(silentLogger)
    .useActivator(activator)
    .useJobs(
      () => new MemoryJobStorage(),
      (jobs) =>
        jobs
          .handle(TakeArticle, handler, { maxAttempts: 2, retry: { kind: "fixed", delay: 1 } })
          .server({ signals: false }),
    )
    .start();
  const job = await revo.scheduler.enqueueJob(new TakeArticle("mug"));
  return await job.result();
}

/** What the journal must say: handler and stock share the session of their attempt, which is closed before the next. */
export const expectedJournal: readonly string[] = [
  "session 1: attempt 1",
  "session 1: mug taken",
  "session 1: closed",
  "session 2: attempt 2",
  "session 2: mug taken",
  "session 2: closed",
];
