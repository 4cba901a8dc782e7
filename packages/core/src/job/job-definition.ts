import type { JobTypeOptions } from "./job-options.ts";
import { CarrierJob } from "./job.ts";
import type { StandardSchemaV1 } from "./standard-schema.ts";

/**
 * The function of a definition. `TContext` is the handlers' `JobContext`; named here only as a parameter, so that this folder
 * depends on nothing.
 */
export type DefinitionHandler<TOutput, TResult, TContext> = (
  payload: TOutput,
  context: TContext,
) => Promise<TResult> | TResult;

/**
 * A job type without a class: a name, the payload's type (by schema or by annotation) and, in processes that run it, a
 * function. Made by `defineJob` and `job`.
 */
export class JobDefinition<TName extends string, TInput, TOutput, TResult> {
  declare readonly "~input"?: TInput;
  declare readonly "~output"?: TOutput;
  declare readonly "~result"?: TResult;
  readonly name: TName;
  readonly version: number;
  readonly schema: StandardSchemaV1 | null;
  readonly upgrade: ((payload: unknown, fromVersion: number) => unknown) | null;
  readonly options: JobTypeOptions;
  /** `null`: a shared definition whose handler is registered elsewhere. */
  readonly handle: DefinitionHandler<never, unknown, never> | null;

  /** @internal Use `defineJob` or `job`. */
  constructor(parts: {
    readonly name: TName;
    readonly version: number;
    readonly schema: StandardSchemaV1 | null;
    readonly upgrade: ((payload: unknown, fromVersion: number) => unknown) | null;
    readonly options: JobTypeOptions;
    readonly handle: DefinitionHandler<never, unknown, never> | null;
  }) {
    this.name = parts.name;
    this.version = parts.version;
    this.schema = parts.schema;
    this.upgrade = parts.upgrade;
    this.options = parts.options;
    this.handle = parts.handle;
  }

  /**
   * The same definition, typed by what its handler returns: for one that is shared with processes that only enqueue, and gets
   * its handler by `jobs.add(definition, handler)`. Changes nothing at run time.
   */
  returns<TReturned>(
    this: JobDefinition<TName, TInput, TOutput, void>,
  ): JobDefinition<TName, TInput, TOutput, TReturned> {
    return this as JobDefinition<TName, TInput, TOutput, unknown> as JobDefinition<
      TName,
      TInput,
      TOutput,
      TReturned
    >;
  }

  /** A job of this type, for everything that takes a job instance. */
  with(payload: TInput): DefinedJob<TResult> {
    return new DefinedJob<TResult>(this.name, payload);
  }
}

/** A job made by `definition.with(payload)`. */
export class DefinedJob<TResult> extends CarrierJob<TResult> {
  readonly #type: string;
  readonly #payload: unknown;

  constructor(type: string, payload: unknown) {
    super();
    this.#type = type;
    this.#payload = payload;
  }

  get carriedType(): string {
    return this.#type;
  }

  get carriedContent(): unknown {
    return this.#payload;
  }
}
