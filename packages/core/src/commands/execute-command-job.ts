import { CarrierJob } from "../job/job.ts";
import type { CommandResult, ICommand } from "./command.ts";
import { commandJobTypeName, commandTypeOf } from "./command-registry.ts";

/**
 * A job that carries out a command: its handler sends the command through the bus, with the job's signal and headers. Stored
 * under the type `command.<command type>` with the command's own fields as payload, so that it is shown, searched and measured
 * by the command's name.
 */
export class ExecuteCommandJob<TCommand extends ICommand & object> extends CarrierJob<
  CommandResult<TCommand>
> {
  readonly command: TCommand;

  constructor(command: TCommand) {
    super();
    this.command = command;
  }

  get carriedType(): string {
    return commandJobTypeName(commandTypeOf(this.command, "command"));
  }

  get carriedContent(): unknown {
    return this.command;
  }
}
