import { JobDefinition } from "../job/job-definition.ts";
import type { JobTypeOptions } from "../job/job-options.ts";
import { assertJobType } from "../job/names.ts";
import type { SchemaInput, SchemaOutput, StandardSchemaV1 } from "../job/standard-schema.ts";
import { argumentError } from "../job/argument-error.ts";
import { assertKnownKeys } from "../job/option-keys.ts";
import type { JobContext } from "./job-context.ts";
import { assertSchema } from "./validate.ts";

/** What `defineJob` takes. */
export interface JobDefinitionParts<
  TName extends string,
  TSchema extends StandardSchemaV1,
  TResult,
> {
  /** The stable name under which jobs are stored, `[A-Za-z0-9._-]{1,128}`. */
  readonly name: TName;
  /** Any Standard Schema (Zod, Valibot, ArkType …): callers pass its input, the handler gets its output. */
  readonly payload: TSchema;
  /** @defaultValue 1 */
  readonly version?: number;
  /** Turns a payload stored at an older version into today's input. */
  readonly upgrade?: (payload: unknown, fromVersion: number) => unknown;
  readonly options?: JobTypeOptions;
  /** Absent: a definition shared with processes that only enqueue; register the handler where it runs. */
  readonly handle?: (
    payload: SchemaOutput<TSchema>,
    context: JobContext,
  ) => Promise<TResult> | TResult;
}

const knownParts = ["name", "payload", "version", "upgrade", "options", "handle"] as const;

/** Defines a job type without a class, with a validated payload. */
export function defineJob<
  const TName extends string,
  TSchema extends StandardSchemaV1,
  TResult = void,
>(
  parts: JobDefinitionParts<TName, TSchema, TResult>,
): JobDefinition<TName, SchemaInput<TSchema>, SchemaOutput<TSchema>, TResult> {
  assertKnownKeys(parts, knownParts, "definition");
  assertJobType(parts.name, "definition.name");
  const version = parts.version ?? 1;
  assertVersion(version, "definition.version");
  assertSchema(parts.payload, "definition.payload");
  if (parts.handle !== undefined) assertFunction(parts.handle, "definition.handle");
  return new JobDefinition({
    name: parts.name,
    version,
    schema: parts.payload,
    upgrade: parts.upgrade ?? null,
    options: parts.options ?? {},
    handle: (parts.handle as never) ?? null,
  });
}

/** Defines a job type in its shortest form: a name and a function whose first parameter is the payload. */
export function job<const TName extends string, TPayload extends object, TResult = void>(
  name: TName,
  handle: (payload: TPayload, context: JobContext) => Promise<TResult> | TResult,
  options: JobTypeOptions = {},
): JobDefinition<TName, TPayload, TPayload, TResult> {
  assertJobType(name, "name");
  assertFunction(handle, "handle");
  return new JobDefinition({
    name,
    version: 1,
    schema: null,
    upgrade: null,
    options,
    handle,
  });
}

/** @internal */
export function assertVersion(version: unknown, path: string): void {
  if (Number.isSafeInteger(version) && (version as number) >= 1 && (version as number) <= 1_000_000)
    return;
  throw argumentError("REVO_ARGUMENT_INVALID", path, "to be an integer from 1 to 1000000", version);
}

function assertFunction(value: unknown, path: string): void {
  if (typeof value === "function") return;
  throw argumentError("REVO_ARGUMENT_INVALID", path, "to be a function", value);
}
