import type { StandardSchemaV1 } from "../job/standard-schema.ts";

/**
 * A command: plain data that asks for one thing to be done, with exactly one handler. A class says `implements ICommand` and
 * has a `static readonly type`. The marker is empty on purpose; a command that answers something extends {@link Command}.
 */
export interface ICommand {}

/** Base class of commands whose handler returns a `TResult`. Adds nothing at run time. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- It carries the type of the result to its reader.
export abstract class Command<TResult = void> implements ICommand {
  declare readonly "~commandResult": TResult;
}

/** What the handler of a command returns: `TResult` of `Command<TResult>`, else nothing. */
export type CommandResult<TCommand> = TCommand extends Command<infer TResult> ? TResult : void;

/** A class of commands. `version`, `schema` and `upgrade` matter only where the command travels in a job, as for job classes. */
export interface CommandClass<TCommand extends ICommand = ICommand> {
  /** The stable name, `[A-Za-z0-9._-]{1,120}`. A job that carries the command has the type `command.<name>`. */
  readonly type: string;
  /** Version of the command's shape, >= 1. @defaultValue 1 */
  readonly version?: number;
  /** Checks the command when it is put into a job and before each run of that job. */
  readonly schema?: StandardSchemaV1;
  /** Turns a command stored at an older version into today's shape. */
  upgrade?(payload: unknown, fromVersion: number): unknown;
  readonly prototype: TCommand;
  new (...args: never[]): TCommand;
}
