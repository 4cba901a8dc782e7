import { RevoArgumentError } from "../errors.ts";
import { argumentError } from "../job/argument-error.ts";
import type { StandardIssue, StandardResult, StandardSchemaV1 } from "../job/standard-schema.ts";

/**
 * Who reads what is wrong. `caller`: has the value at hand. `record`: whoever looks at the stored error or the log, where no
 * part of a payload may stand; and what a schema says may quote the value.
 */
export type ValidationReader = "caller" | "record";

/** @throws `REVO_ARGUMENT_INVALID`: no Standard Schema, such as one of a library that was before it. */
export function assertSchema(schema: unknown, path: string): void {
  const standard = (schema as { readonly "~standard"?: { readonly validate?: unknown } } | null)?.[
    "~standard"
  ];
  if (typeof standard?.validate === "function") return;
  const rule = "to be a Standard Schema, with `~standard`";
  throw argumentError("REVO_ARGUMENT_INVALID", path, rule, schema);
}

/**
 * Runs a Standard Schema.
 * @returns The schema's output; a promise where the schema is asynchronous.
 * @throws `REVO_PAYLOAD_INVALID` with the paths of the issues; a schema that itself throws counts as such, with its error as
 * `cause`. For the record: the paths alone.
 */
export function validate(
  schema: StandardSchemaV1,
  value: unknown,
  path: string,
  reader: ValidationReader = "caller",
): unknown {
  let result: StandardResult<unknown> | Promise<StandardResult<unknown>>;
  try {
    result = schema["~standard"].validate(value);
  } catch (error) {
    throw schemaThrew(error, path, reader);
  }
  if (!(result instanceof Promise)) return outputOf(result, path, reader);
  return result.then(
    (settled) => outputOf(settled, path, reader),
    (error: unknown) => {
      throw schemaThrew(error, path, reader);
    },
  );
}

function outputOf(
  result: StandardResult<unknown>,
  path: string,
  reader: ValidationReader,
): unknown {
  if (result.issues === undefined) return result.value;
  const issues = result.issues.slice(0, 5).map((issue) => {
    const at = pathOf(issue, path);
    return reader === "caller" ? `${at}: ${issue.message}` : at;
  });
  throw new RevoArgumentError(
    "REVO_PAYLOAD_INVALID",
    `Expected \`${path}\` to fit its schema: ${issues.join("; ")}`,
    result.issues[0] === undefined ? path : pathOf(result.issues[0], path),
  );
}

function pathOf(issue: StandardIssue, root: string): string {
  return (issue.path ?? []).reduce<string>((path, segment) => {
    const key = typeof segment === "object" ? segment.key : segment;
    return typeof key === "number" ? `${path}[${key}]` : `${path}.${String(key)}`;
  }, root);
}

function schemaThrew(error: unknown, path: string, reader: ValidationReader): RevoArgumentError {
  return new RevoArgumentError(
    "REVO_PAYLOAD_INVALID",
    `Expected \`${path}\` to fit its schema, but the schema itself threw`,
    path,
    reader === "caller" ? { cause: error } : {},
  );
}
