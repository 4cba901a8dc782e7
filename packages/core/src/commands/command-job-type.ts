import type { JobContext } from "../handlers/job-context.ts";
import type { JobType } from "../handlers/job-type.ts";
import { restoreInstance } from "../handlers/restore-instance.ts";
import {
  defaultTypeOptions,
  resolveTypeOptions,
  type ResolvedTypeOptions,
} from "../job/job-options.ts";
import type { CommandBus } from "./command-bus.ts";
import {
  commandJobTypeName,
  type CommandRegistration,
  type CommandRegistry,
} from "./command-registry.ts";

/**
 * The job types of all registered commands that jobs may carry, to be added to the job registry before start.
 * @param defaults What holds where a registration says nothing.
 * @throws As the options of a job type.
 */
export function commandJobTypes(
  commands: CommandRegistry,
  bus: CommandBus,
  defaults: ResolvedTypeOptions = defaultTypeOptions,
): readonly JobType[] {
  return commands
    .all()
    .flatMap((registration) => commandJobType(registration, bus, defaults) ?? []);
}

/** The job type of one command; `null` when no job may carry it. */
function commandJobType(
  registration: CommandRegistration,
  bus: CommandBus,
  defaults: ResolvedTypeOptions = defaultTypeOptions,
): JobType | null {
  if (registration.jobOptions === null) return null;
  const { commandClass, name, version } = registration;
  return {
    name: commandJobTypeName(name),
    version,
    jobClass: null,
    schema: commandClass.schema ?? null,
    upgrade: commandClass.upgrade?.bind(commandClass) ?? null,
    options: resolveTypeOptions(registration.jobOptions, `options of ${name}`, defaults),
    handler:
      registration.handler === null
        ? null
        : {
            kind: "function",
            handle: (command: object, context: JobContext) => bus.sendFromJob(command, context),
          },
    restore: (payload) => restoreInstance(commandClass.prototype, payload),
  };
}
