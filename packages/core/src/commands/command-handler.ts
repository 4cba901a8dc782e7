import type { Constructor, HandlerFactory } from "../handlers/job-handler.ts";
import type { CommandContext } from "../handlers/middleware.ts";
import type { CommandResult, ICommand } from "./command.ts";

/** Carries out one kind of command. Made for each command (class) or shared by all (instance). */
export interface ICommandHandler<TCommand extends ICommand> {
  handle(command: TCommand, context: CommandContext): Promise<CommandResult<TCommand>>;
}

/** A handler as a function. */
export type CommandHandlerFunction<TCommand extends ICommand> = (
  command: TCommand,
  context: CommandContext,
) => Promise<CommandResult<TCommand>> | CommandResult<TCommand>;

/** What may be registered as a command's handler: a class, an instance, a factory or a function. */
export type CommandHandlerOf<TCommand extends ICommand> =
  | Constructor<ICommandHandler<TCommand>>
  | ICommandHandler<TCommand>
  | HandlerFactory<ICommandHandler<TCommand>>
  | CommandHandlerFunction<TCommand>;
