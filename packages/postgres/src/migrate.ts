import { RevoError, type StorageIdentity } from "@revojs/core";
import type { Transaction } from "./database.ts";
import { MIGRATIONS, SCHEMA_VERSION } from "./migrations/all-migrations.ts";
import type { SchemaNames } from "./migrations/migration.ts";
import { planMigrations, sqlOf } from "./migrations/plan-migrations.ts";
import type { Settings } from "./options.ts";
import { schemaNames } from "./schema-name.ts";

/** The oldest server: partitions with a default, `gen_random_uuid`, plans as pinned. */
const OLDEST_SERVER = 130_000;
/** How long the lock of another process that migrates is waited for, and any table's. */
const LOCK_TIMEOUT_MS = 20_000;

/**
 * The SQL that brings a schema up to date, without a connection: for a database that only its administrator may change.
 * @param schema As in the options of the storage. Default `revo`.
 * @param fromVersion The version it has; 0: there is none yet.
 * @throws RevoArgumentError `REVO_NAME_INVALID`.
 */
export function postgresMigrationSql(schema = "revo", fromVersion = 0): string {
  return planMigrations(schemaNames(schema), fromVersion);
}

/** Looks at server and schema and, where the settings allow it, brings the schema up to date. */
export async function prepareSchema(
  transaction: Transaction,
  settings: Pick<Settings, "names" | "schemaName" | "migrate">,
): Promise<StorageIdentity & { readonly isNew: boolean }> {
  return await transaction(async (query) => {
    await query(`set local lock_timeout = ${LOCK_TIMEOUT_MS}; set local statement_timeout = 0`);
    await checkServer(query);
    const { names, migrate } = settings;
    let version = await versionOf(query, names, settings.schemaName);
    const found = version;
    if (version < SCHEMA_VERSION && migrate === "auto") {
      // One process after the other; who comes second finds it done.
      await query(
        `select pg_advisory_xact_lock(hashtextextended('revo jobs ${settings.schemaName}', 0))`,
      );
      version = await versionOf(query, names, settings.schemaName);
      for (const migration of MIGRATIONS) {
        if (migration.version > version) await query(sqlOf(migration, names));
      }
      version = SCHEMA_VERSION;
    }
    if (version < SCHEMA_VERSION && migrate !== "off") throw outdated(version);
    const [[storageId] = []] = await query(`select storage_id from ${names.schema}.meta`);
    return {
      storageId: storageId ?? "",
      schemaVersion: version,
      warnings: await warningsOf(query),
      isNew: found === 0 && version > 0,
    };
  });
}

type Query = Parameters<Parameters<Transaction>[0]>[0];

async function checkServer(query: Query): Promise<void> {
  const [[version, encoding] = []] = await query(
    "select current_setting('server_version_num'), current_setting('server_encoding')",
  );
  if (Number(version) < OLDEST_SERVER) {
    throw new RevoError(
      "REVO_STORAGE_VERSION",
      `Expected PostgreSQL to be 13 or later, got ${Math.floor(Number(version) / 10_000)}`,
    );
  }
  if (encoding !== "UTF8") {
    throw new RevoError(
      "REVO_STORAGE_MISCONFIGURED",
      `Expected the encoding of the database to be UTF8, got ${encoding}`,
    );
  }
}

/** 0: there is no schema yet, or an empty one. */
async function versionOf(query: Query, names: SchemaNames, schemaName: string): Promise<number> {
  const [[isOurs, strangers] = []] = await query(`select
    (select count(*) = 4 from pg_catalog.pg_attribute a where a.attrelid = to_regclass('${names.schema}.migrations')
      and a.attname in ('version', 'name', 'works_from', 'applied_at') and not a.attisdropped),
    (select string_agg(c.relname, ', ' order by c.relname) from pg_catalog.pg_class c join pg_catalog.pg_namespace n
      on n.oid = c.relnamespace where n.nspname = '${schemaName}' and c.relkind in ('r', 'p', 'v', 'm', 'f'))`);
  if (isOurs !== "t") {
    if (strangers === null || strangers === undefined) return 0;
    throw new RevoError(
      "REVO_SCHEMA_FOREIGN",
      `Expected the schema "${schemaName}" to be of this storage or empty, got other tables: ${strangers.slice(0, 80)}`,
    );
  }
  const [[version, worksFrom] = []] = await query(
    `select version, works_from from ${names.schema}.migrations order by version desc limit 1`,
  );
  if (Number(worksFrom ?? 0) > SCHEMA_VERSION) {
    throw new RevoError(
      "REVO_SCHEMA_TOO_NEW",
      `Expected the schema to work with version ${SCHEMA_VERSION}, got ${version}, which needs ${worksFrom}: upgrade this package`,
    );
  }
  return Number(version ?? 0);
}

function outdated(version: number): RevoError {
  return new RevoError(
    "REVO_SCHEMA_OUTDATED",
    `Expected the schema to have version ${SCHEMA_VERSION}, got ${version === 0 ? "none" : version}: ` +
      'run the statements that `postgresMigrationSql` prints, or set `migrate: "auto"`',
  );
}

/** What an operator ought to change. */
async function warningsOf(query: Query): Promise<readonly string[]> {
  const [[fsync, synchronous] = []] = await query(
    "select current_setting('fsync'), current_setting('synchronous_commit')",
  );
  return [
    ...(fsync === "on" ? [] : ["fsync is off: a crash of the server may damage every table"]),
    ...(synchronous === "off"
      ? ["synchronous_commit is off: a crash of the server may lose the jobs of the last moments"]
      : []),
  ];
}
