import { RevoArgumentError } from "../errors.ts";
import { assertVersion } from "../handlers/define-job.ts";
import { bindHandler, type HandlerBinding } from "../handlers/handler-binding.ts";
import type { JobType } from "../handlers/job-type.ts";
import { restoreInstance } from "../handlers/restore-instance.ts";
import { assertSchema } from "../handlers/validate.ts";
import { argumentError } from "../job/argument-error.ts";
import { JobDefinition } from "../job/job-definition.ts";
import {
  resolveTypeOptions,
  type JobTypeOptions,
  type ResolvedTypeOptions,
} from "../job/job-options.ts";
import type { JobClass } from "../job/job.ts";
import { assertJobType } from "../job/names.ts";

/** Names of the jobs that carry commands. */
const RESERVED_PREFIX = "command.";

/** A definition of whatever name and types. */
// oxlint-disable-next-line typescript/no-explicit-any -- the parameters stand on both sides of the arrow
export type AnyJobDefinition = JobDefinition<string, any, any, any>;

/** What was said of a job type while configuring; resolved at start, when the defaults are known. */
export interface JobRegistration {
  readonly job: JobClass | AnyJobDefinition;
  /** `null`: none was given. */
  readonly handler: unknown;
  readonly options: JobTypeOptions;
  /** Another process runs it. */
  readonly declaredOnly: boolean;
}

/**
 * Makes the registered job type out of a class or a definition.
 * @throws `REVO_NAME_INVALID`, `REVO_ARGUMENT_INVALID`, and as the options of a job type.
 */
export function makeJobType(registration: JobRegistration, defaults: ResolvedTypeOptions): JobType {
  const { job, handler, options, declaredOnly } = registration;
  if (job instanceof JobDefinition) {
    const own = resolveTypeOptions(job.options, `options of ${job.name}`, defaults);
    const function_ = handler ?? job.handle;
    assertNotReserved(job.name);
    return {
      name: job.name,
      version: job.version,
      jobClass: null,
      schema: job.schema,
      upgrade: job.upgrade,
      options: resolveTypeOptions(options, `options of ${job.name}`, own),
      handler: declaredOnly || function_ === null ? null : bind(function_, job.name),
      // A payload may be any JSON value; the handler of a definition gets it as it is.
      restore: (payload) => payload as object,
    };
  }
  const name = nameOf(job);
  assertNotReserved(name);
  const version = job.version ?? 1;
  assertVersion(version, `${name}.version`);
  if (job.schema !== undefined) assertSchema(job.schema, `${name}.schema`);
  return {
    name,
    version,
    jobClass: job,
    schema: job.schema ?? null,
    upgrade: job.upgrade === undefined ? null : job.upgrade.bind(job),
    options: resolveTypeOptions(options, `options of ${name}`, defaults),
    handler: declaredOnly || handler === null ? null : bind(handler, name),
    restore: (payload) => restoreInstance(job.prototype, payload),
  };
}

function nameOf(job: unknown): string {
  if (typeof job !== "function") {
    const rule = "to be a class with a `static type` or a definition";
    throw argumentError("REVO_ARGUMENT_INVALID", "job", rule, job);
  }
  const type: unknown = Object.hasOwn(job, "type") ? (job as { type?: unknown }).type : undefined;
  assertJobType(type, `${job.name || "job"}.type`);
  return type;
}

function assertNotReserved(name: string): void {
  if (!name.startsWith(RESERVED_PREFIX)) return;
  throw new RevoArgumentError(
    "REVO_NAME_INVALID",
    `Expected the job type to begin with something else than "${RESERVED_PREFIX}", which is for jobs that carry commands, got "${name}"`,
    "type",
  );
}

function bind(handler: unknown, name: string): HandlerBinding {
  return bindHandler(handler, `handler of ${name}`);
}
