import { argumentError } from "../job/argument-error.ts";
import { enqueueKeys, type EnqueueOptions } from "../job/enqueue-options.ts";
import { assertKnownKeys, ownOptions } from "../job/option-keys.ts";
import type { IJobScheduler } from "../scheduler/job-scheduler.ts";
import type { CommandRegistry } from "./command-registry.ts";
import {
  DeleteJobCommand,
  EnqueueJobCommand,
  ScheduleJobCommand,
  type JobCommandOptions,
} from "./job-commands.ts";
import { toJob } from "./to-job.ts";

const commandKeys: readonly string[] = ["key", ...enqueueKeys];

/** Registers the handlers of the three job commands. They are never carried by a job themselves. */
export function registerJobCommands(
  registry: CommandRegistry,
  scheduler: Pick<IJobScheduler, "enqueueJob" | "scheduleJob" | "deleteJob">,
): void {
  registry.handle(
    EnqueueJobCommand<object>,
    async (command) => {
      const job = toJob(command.job, registry);
      return (await scheduler.enqueueJob(job, withKey(command.options))).id;
    },
    null,
  );
  registry.handle(
    ScheduleJobCommand<object>,
    async (command) => {
      const job = toJob(command.job, registry);
      return (await scheduler.scheduleJob(job, command.at, withKey(command.options))).id;
    },
    null,
  );
  registry.handle(
    DeleteJobCommand,
    async (command) => await scheduler.deleteJob(command.reference),
    null,
  );
}

/** A key is a unique key that holds until the finished job is pruned: sagas re-deliver after success, too. */
function withKey<TOptions extends JobCommandOptions>(
  options: TOptions,
): Omit<TOptions, "key" | "uniqueKey"> & Pick<EnqueueOptions, "uniqueKey"> {
  assertKnownKeys(options, commandKeys, "");
  const { key, uniqueKey, ...rest } = ownOptions(options);
  if (key === undefined) return uniqueKey === undefined ? rest : { ...rest, uniqueKey };
  if (uniqueKey !== undefined) {
    throw argumentError(
      "REVO_ARGUMENT_INVALID",
      "key",
      "not to stand together with `uniqueKey`",
      key,
    );
  }
  return { ...rest, uniqueKey: { key, scope: "retained" } };
}
