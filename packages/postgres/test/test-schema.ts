import { randomBytes } from "node:crypto";
import pg from "pg";
import { testServerUrl } from "./server.ts";

/** One pool for what tests do around a storage. */
export const administration: pg.Pool = new pg.Pool({
  connectionString: testServerUrl(),
  max: 4,
  allowExitOnIdle: true,
});
administration.on("error", () => {});

/** A schema name that no other test has. */
export function aSchemaName(): string {
  return `revo_test_${randomBytes(6).toString("hex")}`;
}

export async function dropSchema(schema: string): Promise<void> {
  await administration.query(
    `set client_min_messages = warning; drop schema if exists "${schema}" cascade`,
  );
}

/** Moves the clock of a storage: the function that tells it the time is the only place that knows. */
export async function setClockOffset(schema: string, offsetMs: number): Promise<void> {
  await administration.query(
    `create or replace function "${schema}".now() returns timestamptz language sql volatile as
      $$ select clock_timestamp() + ${offsetMs} * interval '1 millisecond' $$`,
  );
}
