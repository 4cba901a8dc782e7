import { RevoError } from "@revojs/core";
import type { ClaimFloors } from "./claim-floors.ts";
import type { Database, Statement } from "./database.ts";
import type { SchemaNames } from "./migrations/migration.ts";
import type { Row } from "./pool.ts";
import type { WakePace } from "./wake-pace.ts";

/** What an operation needs: the schema it speaks to, and the way there. */
export interface Connections {
  readonly names: SchemaNames;
  readonly main: Database;
  /** Of its own, so that a heartbeat does not wait behind an exchange. */
  readonly beats: Database;
  readonly floors: ClaimFloors;
  readonly pace: WakePace;
}

/** Runs a statement that changes something. */
export function write(
  { main }: Pick<Connections, "main">,
  statement: Omit<Statement, "writes">,
): Promise<readonly Row[]> {
  return main.run({ ...statement, writes: true });
}

/** Runs a statement that changes nothing. */
export function read(
  { main }: Pick<Connections, "main">,
  statement: Omit<Statement, "writes">,
): Promise<readonly Row[]> {
  return main.run({ ...statement, writes: false });
}

/** The one value of the one row of an answer. */
export function valueOf(rows: readonly Row[]): string | null {
  const value = rows[0]?.[0];
  if (value === undefined) {
    throw new RevoError("REVO_INTERNAL", "Expected PostgreSQL to answer one row, got none");
  }
  return value;
}

/** The same, as the JSON that it is. */
export function jsonOf(rows: readonly Row[]): unknown {
  return JSON.parse(valueOf(rows) ?? "null");
}
