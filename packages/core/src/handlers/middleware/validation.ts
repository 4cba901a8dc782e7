import type { StandardSchemaV1 } from "../../job/standard-schema.ts";
import type { Middleware } from "../middleware.ts";
import { validate } from "../validate.ts";

/**
 * Checks the message of a job or command by a Standard Schema before anything inside runs.
 * @throws `REVO_PAYLOAD_INVALID`: a job fails with this reason at once, since no repetition mends it.
 */
export function validation(schemaOf: (type: string) => StandardSchemaV1 | undefined): Middleware {
  return async (context, next) => {
    const schema = schemaOf(context.type);
    if (schema !== undefined) await validate(schema, context.message, "payload");
    return await next();
  };
}
