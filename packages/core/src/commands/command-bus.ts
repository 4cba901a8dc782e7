import { RevoError } from "../errors.ts";
import type { AbortableExecution } from "../handlers/abort-execution.ts";
import { compose } from "../handlers/compose.ts";
import { prepareInvocation } from "../handlers/handler-binding.ts";
import type { JobContext } from "../handlers/job-context.ts";
import type { IHandlerActivator, ScopeInfo } from "../handlers/job-handler.ts";
import type { CommandContext, Endpoint, Middleware } from "../handlers/middleware.ts";
import { noHeaders, resolveHeaders } from "../job/headers.ts";
import { assertKnownKeys, ownOptions } from "../job/option-keys.ts";
import { parseSignal } from "../job/option-values.ts";
import type { ILogger } from "../support/logger.ts";
import type { CommandResult, ICommand } from "./command.ts";
import { noHandler, type CommandRegistration, type CommandRegistry } from "./command-registry.ts";

/** Options of one `send`. */
export interface SendOptions {
  /** Passed on to the handler: `context.signal` fires with it. @defaultValue never fires */
  readonly signal?: AbortSignal;
  /** Added to the ambient context's headers, and stronger than these. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends commands to their handlers, in this process, now. */
export interface ICommandBus {
  /**
   * Runs the command's handler inside the bus's middleware and resolves with what it returned, once it has ended. What the
   * handler throws, synchronously or not, is thrown as it is.
   * @throws `REVO_HANDLER_NOT_FOUND`. `REVO_CLOSED` after stop.
   */
  send<TCommand extends ICommand & object>(
    command: TCommand,
    options?: SendOptions,
  ): Promise<CommandResult<TCommand>>;
}

export interface CommandBusParts {
  readonly registry: CommandRegistry;
  /** Around every command, first one outermost. */
  readonly middleware: readonly Middleware[];
  readonly activator: IHandlerActivator;
  readonly log: ILogger;
  /** The ambient context's headers; `null`: none. */
  readonly captureHeaders: () => Readonly<Record<string, string>> | null;
  readonly isClosed: () => boolean;
}

/** The command bus of one Revo instance. */
export class CommandBus implements ICommandBus {
  readonly #parts: CommandBusParts;
  readonly #pipelines = new Map<CommandRegistration, Endpoint<CommandContext>>();

  constructor(parts: CommandBusParts) {
    this.#parts = parts;
  }

  async send<TCommand extends ICommand & object>(
    command: TCommand,
    options: SendOptions = {},
  ): Promise<CommandResult<TCommand>> {
    assertKnownKeys(options, ["signal", "headers"], "options");
    if (this.#parts.isClosed()) {
      throw new RevoError("REVO_CLOSED", "Revo is not started or has been stopped");
    }
    const own = ownOptions(options);
    const signal = parseSignal(own.signal, "signal");
    const given = own.headers === undefined ? noHeaders : resolveHeaders(own.headers, "headers");
    const captured = this.#parts.captureHeaders();
    const headers = captured === null ? given : { ...captured, ...given };
    return (await this.#run(command, headers, signal)) as CommandResult<TCommand>;
  }

  /** Runs a command that a job carries: with the job's signal, headers and context. Also while Revo stops, as jobs do. */
  async sendFromJob(command: object, job: JobContext): Promise<unknown> {
    return await this.#run(command, job.headers, job.signal, job);
  }

  async #run(
    command: object,
    headers: Readonly<Record<string, string>>,
    outerSignal?: AbortSignal,
    job?: JobContext,
  ): Promise<unknown> {
    const registration = this.#parts.registry.ofCommand(command);
    const pipeline = this.#pipelineOf(registration);
    const controller = new AbortController();
    const abort = (): void => controller.abort(outerSignal?.reason);
    if (outerSignal?.aborted === true) abort();
    else outerSignal?.addEventListener("abort", abort, { once: true });
    const context: CommandContext & AbortableExecution = {
      kind: "command",
      type: registration.name,
      message: command,
      headers,
      signal: controller.signal,
      log: job?.log ?? this.#parts.log,
      items: new Map(),
      ...(job === undefined ? {} : { job }),
      "~abort": (reason) => controller.abort(reason),
    };
    try {
      return await pipeline(context);
    } finally {
      outerSignal?.removeEventListener("abort", abort);
    }
  }

  #pipelineOf(registration: CommandRegistration): Endpoint<CommandContext> {
    const known = this.#pipelines.get(registration);
    if (known !== undefined) return known;
    if (registration.handler === null) throw noHandler(registration.name);
    const invoke = prepareInvocation(registration.handler, this.#parts.activator, scopeInfo);
    const pipeline = compose<CommandContext>(this.#parts.middleware, (context) =>
      invoke(context.message, context),
    );
    this.#pipelines.set(registration, pipeline);
    return pipeline;
  }
}

function scopeInfo(context: CommandContext): ScopeInfo {
  return { jobId: context.job?.id ?? "", type: context.type, headers: context.headers };
}
