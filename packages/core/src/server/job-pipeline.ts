import { RevoError } from "../errors.ts";
import { compose } from "../handlers/compose.ts";
import type { IContextCarrier } from "../handlers/context-carrier.ts";
import { prepareInvocation } from "../handlers/handler-binding.ts";
import type { JobContext } from "../handlers/job-context.ts";
import type { IHandlerActivator, ScopeInfo } from "../handlers/job-handler.ts";
import type { JobType } from "../handlers/job-type.ts";
import type { JobTypeRegistry } from "../handlers/job-type-registry.ts";
import { contextCarrier } from "../handlers/middleware/context-carrier.ts";
import { withTimeout } from "../handlers/middleware/timeout.ts";
import type { Endpoint, Middleware } from "../handlers/middleware.ts";
import { validate } from "../handlers/validate.ts";
import type { JobEnvelope } from "../job/envelope.ts";
import type { IClock } from "../support/clock.ts";

/** What runs jobs of one type, put together once. */
export interface JobPipeline {
  readonly type: JobType;
  /** Upgrades and validates a decoded payload, then restores the job. A promise only where one of the user's parts gives one. */
  prepare(payload: unknown, envelope: JobEnvelope): object | Promise<object>;
  /** Runs middleware and handler. May throw synchronously. */
  run(context: JobContext, timeoutMs: number | null): unknown;
}

export interface JobPipelineOptions {
  readonly registry: JobTypeRegistry;
  readonly activator: IHandlerActivator;
  readonly middleware: readonly Middleware[];
  readonly carriers: readonly IContextCarrier[];
  readonly clock: IClock;
  readonly killGraceMs: number;
}

/** Pipelines of every type that has a handler here. */
export function buildPipelines(options: JobPipelineOptions): ReadonlyMap<string, JobPipeline> {
  const pipelines = new Map<string, JobPipeline>();
  for (const type of options.registry.all()) {
    if (type.handler !== null) pipelines.set(type.name, buildPipeline(type, type.handler, options));
  }
  return pipelines;
}

function buildPipeline(
  type: JobType,
  handler: NonNullable<JobType["handler"]>,
  options: JobPipelineOptions,
): JobPipeline {
  const { clock, killGraceMs } = options;
  const invoke = prepareInvocation(handler, options.activator, scopeInfo);
  const inner = compose<JobContext>(options.middleware, (context) =>
    invoke(context.message, context),
  );
  const carry = contextCarrier(options.carriers);
  const limited =
    (limitMs: number): Endpoint<JobContext> =>
    (context) =>
      withTimeout({
        context,
        limitMs,
        killGraceMs,
        clock,
        keepAlive: false,
        next: async () => await inner(context),
      });

  return {
    type,
    prepare: (payload, envelope) => prepareMessage(type, payload, envelope),
    // Without headers and time-out, the commonest case, nothing stands between runner and handler.
    run(context, timeoutMs) {
      const endpoint = timeoutMs === null ? inner : limited(timeoutMs);
      return hasAny(context.headers)
        ? carry(context, async () => await endpoint(context))
        : endpoint(context);
    },
  };
}

function scopeInfo(context: JobContext): ScopeInfo {
  return { jobId: context.id, type: context.type, headers: context.headers };
}

function prepareMessage(
  type: JobType,
  payload: unknown,
  envelope: JobEnvelope,
): object | Promise<object> {
  if (envelope.version === type.version && type.schema === null) return type.restore(payload);
  return upgradeAndValidate(type, payload, envelope.version);
}

async function upgradeAndValidate(
  type: JobType,
  payload: unknown,
  storedVersion: number,
): Promise<object> {
  let current = payload;
  if (storedVersion !== type.version) {
    if (type.upgrade === null || storedVersion > type.version) {
      throw new RevoError(
        "REVO_PAYLOAD_VERSION",
        `A job of type "${type.name}" was stored with payload version ${storedVersion}, this process knows ${type.version}${type.upgrade === null ? " and the type has no `upgrade`" : ""}`,
      );
    }
    current = await type.upgrade(payload, storedVersion);
  }
  if (type.schema !== null) current = await validate(type.schema, current, "payload", "record");
  return type.restore(current);
}

function hasAny(headers: Readonly<Record<string, string>>): boolean {
  for (const name in headers) if (Object.hasOwn(headers, name)) return true;
  return false;
}
