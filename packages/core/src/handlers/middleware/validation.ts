import { NonRetryableError } from "../../errors.ts";
import type { StandardSchemaV1 } from "../../job/standard-schema.ts";
import type { ExecutionContext, Middleware } from "../middleware.ts";
import { validate } from "../validate.ts";

/**
 * Checks the message of a job or command by a Standard Schema before anything inside runs.
 * @throws `REVO_PAYLOAD_INVALID` for a command. A job fails at once, with that error as cause, since no repetition mends it.
 */
export function validation(schemaOf: (type: string) => StandardSchemaV1 | undefined): Middleware {
  return async (context, next) => {
    const schema = schemaOf(context.type);
    if (schema !== undefined) await check(schema, context);
    return await next();
  };
}

async function check(schema: StandardSchemaV1, context: ExecutionContext): Promise<void> {
  try {
    await validate(
      schema,
      context.message,
      "payload",
      context.kind === "job" ? "record" : "caller",
    );
  } catch (error) {
    if (context.kind === "command") throw error;
    throw new NonRetryableError(error instanceof Error ? error.message : "Payload invalid", {
      cause: error,
    });
  }
}
