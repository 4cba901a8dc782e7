/// <reference lib="esnext.disposable" preserve="true" />
import type { IJob, JobResult } from "../job/job.ts";
import type { JobContext } from "./job-context.ts";

/** Does the work of one job type. Made for each attempt (class) or shared by all (instance). */
export interface IJobHandler<TJob extends IJob> {
  /**
   * Runs the job. Returning ends the attempt as succeeded, throwing as failed (and retried, see `NonRetryableError` and
   * `RetryAfterError`). May run more than once for a job: delivery is at least once.
   */
  handle(job: TJob, context: JobContext): Promise<JobResult<TJob>>;
}

/** A handler as a function. */
export type HandlerFunction<TJob extends IJob> = (
  job: TJob,
  context: JobContext,
) => Promise<JobResult<TJob>> | JobResult<TJob>;

/** Any class. Its parameters are `any`, as in the types of the containers, which would take no other. */
// oxlint-disable-next-line typescript/no-explicit-any -- `never[]` cannot be passed to what takes `any[]`
export type Constructor<T> = new (...args: any[]) => T;

/** Makes a handler for each attempt; `scope` is the attempt's scope in the container. */
export interface HandlerFactory<THandler> {
  create(scope: IHandlerScope): THandler | Promise<THandler>;
}

/** One scope of a container, for one attempt. */
export interface IHandlerScope {
  /** An instance of the handler class, with its dependencies. */
  resolve<T extends object>(handlerClass: Constructor<T>): T | Promise<T>;
  /** Called once after the attempt, whatever its end. */
  [Symbol.asyncDispose]?(): Promise<void> | void;
}

/** What is known of an attempt when its scope is made. */
export interface ScopeInfo {
  readonly jobId: string;
  readonly type: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Connects a dependency container: one scope per attempt of a job or per command. */
export interface IHandlerActivator {
  createScope(info: ScopeInfo): IHandlerScope | Promise<IHandlerScope>;
  /**
   * Whether the container can make the class, asked once at start, so that a missing registration is found then. Absent:
   * assumed to be so.
   */
  canResolve?(handlerClass: Constructor<object>): boolean;
}

/** What may be registered as handler: a class, an instance, a factory or a function. */
export type HandlerOf<TJob extends IJob> =
  | Constructor<IJobHandler<TJob>>
  | IJobHandler<TJob>
  | HandlerFactory<IJobHandler<TJob>>
  | HandlerFunction<TJob>;
