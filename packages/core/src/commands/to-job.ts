import { CarrierJob, Job } from "../job/job.ts";
import { Command } from "./command.ts";
import type { CommandRegistry } from "./command-registry.ts";
import { ExecuteCommandJob } from "./execute-command-job.ts";

/**
 * What the scheduler takes: a job as it is, a command inside an `ExecuteCommandJob`. A command is what extends `Command` or is
 * of a class registered as one.
 */
export function toJob(jobOrCommand: object, commands: CommandRegistry): object {
  if (jobOrCommand instanceof CarrierJob || jobOrCommand instanceof Job) return jobOrCommand;
  // What is no object is for the scheduler to refuse, which knows how.
  if (typeof jobOrCommand !== "object" || jobOrCommand === null) return jobOrCommand;
  const isCommand = jobOrCommand instanceof Command || commands.knows(jobOrCommand);
  return isCommand ? new ExecuteCommandJob(jobOrCommand) : jobOrCommand;
}
