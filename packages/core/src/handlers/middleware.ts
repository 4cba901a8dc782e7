import type { ILogger } from "../support/logger.ts";
import type { JobContext } from "./job-context.ts";

/** What a command's handler, and every middleware around it, is told. */
export interface CommandContext {
  readonly kind: "command";
  /** The command type. */
  readonly type: string;
  /** The command. */
  readonly message: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly log: ILogger;
  /** The job that carries the command; absent when it was sent directly. */
  readonly job?: JobContext;
  readonly items: Map<unknown, unknown>;
}

/** What goes through middleware: an attempt of a job, or a command. */
export type ExecutionContext = JobContext | CommandContext;

/**
 * One way round a handler: code before `next`, code after it, around the handler of a job and of a command alike. Returns
 * what `next` returned, or something else. Calling `next` twice throws.
 */
export type Middleware = (
  context: ExecutionContext,
  next: () => Promise<unknown>,
) => Promise<unknown>;

/** Does the work at the middle of the pipeline. May throw synchronously. */
export type Endpoint<TContext extends ExecutionContext> = (context: TContext) => unknown;
