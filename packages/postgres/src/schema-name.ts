import { RevoArgumentError } from "@revojs/core";
import type { SchemaNames } from "./migrations/migration.ts";

const RULE = /^[a-z_][a-z0-9_]{0,47}$/;

/** Names of PostgreSQL itself, which it keeps or would hide ours behind. */
const TAKEN = /^pg_|^information_schema$/;

/**
 * The names of a schema, ready to be written into statements.
 * @throws RevoArgumentError `REVO_NAME_INVALID`.
 */
export function schemaNames(name: string): SchemaNames {
  if (typeof name !== "string" || !RULE.test(name) || TAKEN.test(name)) {
    const rule = `to match ${String(RULE)} and to be no name of PostgreSQL's own`;
    throw new RevoArgumentError(
      "REVO_NAME_INVALID",
      `Expected \`schema\` ${rule}, got ${shownName(name)}`,
      "schema",
    );
  }
  return { schema: `"${name}"`, channel: `revo_${name}` };
}

/** Types do not keep everything out. */
function shownName(name: unknown): string {
  return typeof name === "string" ? JSON.stringify(name.slice(0, 80)) : typeof name;
}
