import type { StandardSchemaV1 } from "./standard-schema.ts";

/**
 * A job: plain data with a type. A class says `implements IJob` and has a `static readonly type`. The marker is empty on
 * purpose; a job that returns something extends {@link Job} instead, since `implements` cannot carry a type.
 */
export interface IJob {}

/** Base class of jobs whose handler returns a `TResult`. Adds nothing at run time. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- It carries the type of the result to its reader.
export abstract class Job<TResult = void> implements IJob {
  declare readonly "~result": TResult;
}

/** What the handler of a job returns: `TResult` of `Job<TResult>`, else nothing. */
export type JobResult<TJob> = TJob extends Job<infer TResult> ? TResult : void;

/**
 * A class of jobs. Instances are stored as their own enumerable properties and restored with their prototype, without calling
 * the constructor: getters and methods work, `#private` state does not survive.
 */
export interface JobClass<TJob extends IJob = IJob> {
  /** The stable name under which jobs are stored, `[A-Za-z0-9._-]{1,128}`. Renaming or minifying the class changes nothing. */
  readonly type: string;
  /** Version of the payload's shape, >= 1. @defaultValue 1 */
  readonly version?: number;
  /** Checks (and may transform) the payload at enqueue and before each run. */
  readonly schema?: StandardSchemaV1;
  /** Turns a payload stored at an older version into today's shape. Without it such a job fails with `payload-version`. */
  upgrade?(payload: unknown, fromVersion: number): unknown;
  readonly prototype: TJob;
  new (...args: never[]): TJob;
}

/**
 * A job that carries something else: it is stored under the type of what it carries, with the content of what it carries.
 * For {@link JobDefinition | definitions} and commands; not meant for users' own jobs.
 */
export abstract class CarrierJob<TResult = void> extends Job<TResult> {
  /** The job type under which this job is stored. */
  abstract get carriedType(): string;
  /** What is stored as payload. */
  abstract get carriedContent(): unknown;
}
