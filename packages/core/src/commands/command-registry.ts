import { RevoArgumentError, RevoError } from "../errors.ts";
import { bindHandler, type HandlerBinding } from "../handlers/handler-binding.ts";
import { assertVersion } from "../handlers/define-job.ts";
import { assertSchema } from "../handlers/validate.ts";
import { argumentError } from "../job/argument-error.ts";
import type { JobTypeOptions } from "../job/job-options.ts";
import { assertJobType } from "../job/names.ts";
import type { CommandClass, ICommand } from "./command.ts";
import type { CommandHandlerOf } from "./command-handler.ts";

/** A command type with its one handler, or, declared only, without. */
export interface CommandRegistration {
  readonly name: string;
  readonly commandClass: CommandClass<object>;
  readonly version: number;
  /** `null`: declared only; another process carries it out. */
  readonly handler: HandlerBinding | null;
  /** Of the jobs that carry such a command; `null`: it is never carried by a job. */
  readonly jobOptions: JobTypeOptions | null;
}

/** The name of a job type has 128, of which `command.` takes eight. */
const MOST_CHARACTERS = 120;

/** The type of the jobs that carry commands of this name. */
export function commandJobTypeName(commandType: string): string {
  return `command.${commandType}`;
}

/** Every command type this process handles, by name. One class, one route: looked up by the class's own `static type`. */
export class CommandRegistry {
  readonly #byName = new Map<string, CommandRegistration>();

  /**
   * Registers the handler of a command class.
   * @param jobOptions Options of the jobs that carry such a command; `null`: it may not be carried.
   * @throws `REVO_HANDLER_DUPLICATE`: the name has a handler. `REVO_NAME_INVALID`. `REVO_ARGUMENT_INVALID`.
   */
  handle<TCommand extends ICommand>(
    commandClass: CommandClass<TCommand>,
    handler: CommandHandlerOf<NoInfer<TCommand>>,
    jobOptions: JobTypeOptions | null = {},
  ): void {
    const bound = (name: string): HandlerBinding => bindHandler(handler, `handler of ${name}`);
    this.#add(commandClass, bound, jobOptions);
  }

  /**
   * Makes a command class known that another process carries out, so that jobs may carry it from here.
   * @throws As `handle`.
   */
  declare(commandClass: CommandClass<object>, jobOptions: JobTypeOptions = {}): void {
    this.#add(commandClass, () => null, jobOptions);
  }

  #add(
    commandClass: CommandClass<object>,
    bind: (name: string) => HandlerBinding | null,
    jobOptions: JobTypeOptions | null,
  ): void {
    if (typeof commandClass !== "function") {
      const rule = "to be a class with a `static type`";
      throw argumentError("REVO_ARGUMENT_INVALID", "command", rule, commandClass);
    }
    const name = ownType(commandClass, "command.type");
    const version = commandClass.version ?? 1;
    assertVersion(version, `${name}.version`);
    if (commandClass.schema !== undefined) assertSchema(commandClass.schema, `${name}.schema`);
    if (this.#byName.has(name)) {
      throw new RevoError(
        "REVO_HANDLER_DUPLICATE",
        `The command "${name}" is registered twice; each has exactly one handler`,
      );
    }
    this.#byName.set(name, {
      name,
      commandClass,
      version,
      handler: bind(name),
      jobOptions,
    });
  }

  /** Another registry with the same registrations: what a start adds is not there at the next one. */
  copy(): CommandRegistry {
    const copy = new CommandRegistry();
    for (const [name, registration] of this.#byName) copy.#byName.set(name, registration);
    return copy;
  }

  find(name: string): CommandRegistration | undefined {
    return this.#byName.get(name);
  }

  all(): readonly CommandRegistration[] {
    return [...this.#byName.values()];
  }

  /** Whether the object's class is registered here. Never throws. */
  knows(command: object): boolean {
    const commandClass: unknown = (command as { constructor?: unknown }).constructor;
    if (typeof commandClass !== "function" || !Object.hasOwn(commandClass, "type")) return false;
    const name: unknown = (commandClass as { type?: unknown }).type;
    return typeof name === "string" && this.#byName.get(name)?.commandClass === commandClass;
  }

  /**
   * The registration of a command about to be sent.
   * @throws `REVO_ARGUMENT_INVALID`: not a command, or of another class with the same name. `REVO_NAME_INVALID`: its class
   * has no `static type`. `REVO_HANDLER_NOT_FOUND`.
   */
  ofCommand(command: unknown): CommandRegistration {
    const name = commandTypeOf(command, "command");
    const registration = this.#byName.get(name);
    if (registration === undefined) throw noHandler(name);
    if ((command as object).constructor !== registration.commandClass) {
      throw new RevoArgumentError(
        "REVO_ARGUMENT_INVALID",
        `Expected \`command\` to be an instance of the class registered for "${name}", got another class with the same \`static type\``,
        "command",
      );
    }
    return registration;
  }
}

/**
 * The name of a command, from its own class.
 * @throws `REVO_ARGUMENT_INVALID`: not an object. `REVO_NAME_INVALID`: its class has no `static type` of its own.
 */
export function commandTypeOf(command: unknown, path: string): string {
  if (typeof command !== "object" || command === null) {
    const rule = "to be a command: an instance of a class with a `static type`";
    throw argumentError("REVO_ARGUMENT_INVALID", path, rule, command);
  }
  return ownType((command as { constructor?: unknown }).constructor, `${path}.constructor.type`);
}

/** @internal Of a command that this process cannot carry out. */
export function noHandler(name: string): RevoError {
  return new RevoError(
    "REVO_HANDLER_NOT_FOUND",
    `No handler for the command "${name}" is registered in this process. Register one with commands.handle(…); to have another process carry it out, send an EnqueueJobCommand`,
  );
}

function ownType(commandClass: unknown, path: string): string {
  const own: unknown =
    typeof commandClass === "function" && Object.hasOwn(commandClass, "type")
      ? (commandClass as { type?: unknown }).type
      : undefined;
  assertJobType(own, path);
  if (own.length > MOST_CHARACTERS) {
    const rule = `to have at most ${MOST_CHARACTERS} characters, as the name of a command`;
    throw argumentError("REVO_NAME_INVALID", path, rule, own);
  }
  return own;
}
