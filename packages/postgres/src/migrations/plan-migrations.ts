import { MIGRATIONS } from "./all-migrations.ts";
import type { Migration, SchemaNames } from "./migration.ts";

/**
 * The table that tells which steps were taken. It is made by the first one, so that a schema either is whole or is not there.
 */
function bookkeeping({ schema }: SchemaNames): string {
  return `create schema if not exists ${schema};
create table if not exists ${schema}.migrations (
  version integer primary key,
  name text not null,
  works_from integer not null,
  applied_at timestamptz not null default clock_timestamp()
);
`;
}

/** The SQL of one step, its own line in the table of steps included. */
export function sqlOf(migration: Migration, names: SchemaNames): string {
  const { version, name, worksFrom } = migration;
  return `${version === 1 ? bookkeeping(names) : ""}${migration.sql(names)}
insert into ${names.schema}.migrations (version, name, works_from) values (${version}, '${name}', ${worksFrom});
`;
}

/** The steps after `version`, each as it would be run in a transaction of its own. */
export function planMigrations(names: SchemaNames, version: number): string {
  return MIGRATIONS.filter((migration) => migration.version > version)
    .map((migration) => `begin;\n${sqlOf(migration, names)}commit;\n`)
    .join("\n");
}
