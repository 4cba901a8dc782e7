import { RevoError } from "../errors.ts";
import type { JobContext } from "../handlers/job-context.ts";
import type { HandlerOf } from "../handlers/job-handler.ts";
import type { JobType } from "../handlers/job-type.ts";
import { argumentError } from "../job/argument-error.ts";
import type { JobDefinition } from "../job/job-definition.ts";
import {
  defaultTypeOptions,
  resolveTypeOptions,
  type JobTypeOptions,
  type ResolvedTypeOptions,
} from "../job/job-options.ts";
import type { IJob, JobClass } from "../job/job.ts";
import { createRedactor } from "../search/redaction.ts";
import {
  resolveServerOptions,
  type JobServerOptions,
  type ResolvedServerOptions,
} from "../server/server-options.ts";
import { makeJobType, type AnyJobDefinition, type JobRegistration } from "./job-type-factory.ts";

const MIB = 1024 * 1024;

/** What `useJobs` configures: which jobs there are, who handles them, how they are run. */
export class JobsSection {
  readonly #registrations: JobRegistration[] = [];
  #defaults: JobTypeOptions = {};
  #server: JobServerOptions | undefined;
  #producerOnly = false;
  #maxPayloadBytes = MIB;
  #redact: readonly string[] = [];

  /**
   * Registers the handler of a job class: a class (made for each attempt), an instance, `{ create(scope) }` or a function.
   * @param options What holds for every job of this type, unless an enqueue says otherwise.
   * @throws At start: `REVO_HANDLER_DUPLICATE`, `REVO_NAME_INVALID`, `REVO_ARGUMENT_INVALID`, `REVO_OPTION_UNKNOWN`.
   */
  handle<TJob extends IJob>(
    job: JobClass<TJob>,
    handler: HandlerOf<NoInfer<TJob>>,
    options: JobTypeOptions = {},
  ): this {
    this.#registrations.push({ job, handler, options, declaredOnly: false });
    return this;
  }

  /**
   * Registers a definition, with its own function or the one given here.
   * @throws At start, in a process that runs jobs: `REVO_HANDLER_NOT_FOUND` when it has neither.
   */
  add<TName extends string, TInput, TOutput, TResult>(
    definition: JobDefinition<TName, TInput, TOutput, TResult>,
    handler?: (
      payload: NoInfer<TOutput>,
      context: JobContext,
    ) => Promise<NoInfer<TResult>> | NoInfer<TResult>,
  ): this {
    this.#registrations.push({
      job: definition,
      handler: handler ?? null,
      options: {},
      declaredOnly: false,
    });
    return this;
  }

  /** Makes a job type known that another process runs, so that it can be enqueued here. */
  declare(job: JobClass | AnyJobDefinition, options: JobTypeOptions = {}): this {
    this.#registrations.push({ job, handler: null, options, declaredOnly: true });
    return this;
  }

  /** What holds for every job type that does not say otherwise. */
  defaults(options: JobTypeOptions): this {
    this.#defaults = options;
    return this;
  }

  /** Settings of this process's job server. Without this call there is one with the defaults as soon as there is a handler. */
  server(options: JobServerOptions): this {
    this.#server = options;
    return this;
  }

  /** This process enqueues and never runs jobs, whatever handlers it has. */
  producerOnly(): this {
    this.#producerOnly = true;
    return this;
  }

  /** Most bytes of a payload and of a result, in UTF-8: 1 to 64 MiB. @defaultValue 1 MiB */
  maxPayloadBytes(bytes: number): this {
    if (!Number.isSafeInteger(bytes) || bytes < 1 || bytes > 64 * MIB) {
      const rule = `to be an integer from 1 to ${64 * MIB}`;
      throw argumentError("REVO_ARGUMENT_INVALID", "maxPayloadBytes", rule, bytes);
    }
    this.#maxPayloadBytes = bytes;
    return this;
  }

  /**
   * Paths hidden wherever payloads, results and headers are shown: `payload.password`, `headers.authorization`.
   * @throws `REVO_ARGUMENT_INVALID`.
   */
  redact(paths: readonly string[]): this {
    createRedactor(paths);
    this.#redact = [...paths];
    return this;
  }

  /** @internal */
  resolve(): ResolvedJobs {
    const defaults = resolveTypeOptions(this.#defaults, "defaults", defaultTypeOptions);
    const types = this.#registrations.map((registration) => makeJobType(registration, defaults));
    const runs = !this.#producerOnly;
    if (runs) this.#assertHandlers(types);
    return {
      types,
      defaults,
      maxPayloadBytes: this.#maxPayloadBytes,
      redact: this.#redact,
      // Resolved even where no server starts: a wrong option is wrong everywhere.
      server: resolveServerOptions(this.#server === undefined ? {} : this.#server),
      serverWanted:
        runs && (this.#server !== undefined || types.some(({ handler }) => handler !== null)),
      producerOnly: this.#producerOnly,
    };
  }

  #assertHandlers(types: readonly JobType[]): void {
    for (const [index, type] of types.entries()) {
      if (type.handler !== null || this.#registrations[index]?.declaredOnly === true) continue;
      throw new RevoError(
        "REVO_HANDLER_NOT_FOUND",
        `The job type "${type.name}" was added without a handler. Pass one to jobs.add(definition, handler); if another process runs it, call jobs.declare(…)`,
      );
    }
  }
}

/** @internal */
export interface ResolvedJobs {
  readonly types: readonly JobType[];
  readonly defaults: ResolvedTypeOptions;
  readonly maxPayloadBytes: number;
  readonly redact: readonly string[];
  readonly server: ResolvedServerOptions;
  readonly serverWanted: boolean;
  readonly producerOnly: boolean;
}
