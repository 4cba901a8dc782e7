import { initial } from "./0001-initial.ts";
import type { Migration } from "./migration.ts";

/** Every step of the schema, in order. */
export const MIGRATIONS: readonly Migration[] = [initial];

/** The version that this code was written for. */
export const SCHEMA_VERSION: number = MIGRATIONS.length;
