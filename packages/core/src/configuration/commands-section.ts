import type { CommandHandlerOf } from "../commands/command-handler.ts";
import { CommandRegistry } from "../commands/command-registry.ts";
import type { CommandClass, ICommand } from "../commands/command.ts";
import type { JobTypeOptions } from "../job/job-options.ts";

/** What `useCommands` configures: which commands there are and who carries them out. */
export class CommandsSection {
  /** @internal */
  readonly registry: CommandRegistry = new CommandRegistry();

  /**
   * Registers the one handler of a command class: a class (made for each command), an instance, `{ create(scope) }` or a
   * function.
   * @param options Of the jobs that carry such a command (`EnqueueJobCommand`, `ExecuteCommandJob`).
   * @throws `REVO_HANDLER_DUPLICATE`, `REVO_NAME_INVALID`, `REVO_ARGUMENT_INVALID`.
   */
  handle<TCommand extends ICommand & object>(
    command: CommandClass<TCommand>,
    handler: CommandHandlerOf<NoInfer<TCommand>>,
    options: JobTypeOptions = {},
  ): this {
    this.registry.handle(command, handler, options);
    return this;
  }

  /**
   * Makes a command known that another process carries out, so that `EnqueueJobCommand` and `ExecuteCommandJob` take it here.
   * @param options Of the jobs that carry such a command.
   */
  declare(command: CommandClass<object>, options: JobTypeOptions = {}): this {
    this.registry.declare(command, options);
    return this;
  }
}
