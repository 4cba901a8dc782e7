import { createHash } from "node:crypto";
import { RevoArgumentError } from "@revojs/core";
import type { SchemaNames } from "./migrations/migration.ts";
import type { PostgresPool } from "./pool.ts";
import { schemaNames } from "./schema-name.ts";

/** How a {@link PostgresJobStorage} is set up. One of `connectionString` and `pool` must be given. */
export interface PostgresJobStorageOptions {
  /** `postgres://user:password@host:port/database`. The storage opens and closes connections of its own. */
  readonly connectionString?: string;
  /**
   * A pool of yours, as `new Pool()` of `pg`; never ended by the storage. It needs room for six connections at least: two for
   * each job server of the process, one for its heartbeat, one to listen.
   */
  readonly pool?: PostgresPool;
  /** The schema that holds everything. `[a-z_][a-z0-9_]{0,47}`. @defaultValue "revo" */
  readonly schema?: string;
  /**
   * `auto`: `open` creates or upgrades the schema. `check`: it refuses one that is missing or too old with
   * `REVO_SCHEMA_OUTDATED`. `off`: it takes what it finds.
   * @defaultValue "auto"
   */
  readonly migrate?: "auto" | "check" | "off";
  /** How long a call may take, in milliseconds, >= 100. @defaultValue 5000 */
  readonly deadlineMs?: number;
  /** Most connections of its own; has no effect with `pool`. Integer, >= 2. @defaultValue 10 */
  readonly maxConnections?: number;
  /**
   * The connections go through a pooler that changes them between transactions (PgBouncer in transaction mode). Then nothing
   * is prepared under a name, and without `listenConnectionString` job servers poll.
   * @defaultValue false
   */
  readonly transactionPooler?: boolean;
  /**
   * Whether an enqueue wakes sleeping job servers by LISTEN and NOTIFY. Without it they poll.
   * @defaultValue true, and false with `transactionPooler` and no `listenConnectionString`
   */
  readonly push?: boolean;
  /** Where to listen when the other connections cannot: a connection straight to the server. */
  readonly listenConnectionString?: string;
  /**
   * For how many days ahead finished jobs get partitions of their own, so that what expired is dropped instead of deleted.
   * Integer, 0..60; 0 where no tables may be made: they are then deleted row by row.
   * @defaultValue 16
   */
  readonly partitionDays?: number;
}

/** The options with every value known. */
export interface Settings {
  readonly names: SchemaNames;
  readonly schemaName: string;
  readonly connectionString: string | undefined;
  readonly pool: PostgresPool | undefined;
  readonly migrate: "auto" | "check" | "off";
  readonly deadlineMs: number;
  readonly maxConnections: number;
  readonly prepares: boolean;
  readonly preparedSuffix: string;
  readonly push: boolean;
  readonly listenConnectionString: string | undefined;
  readonly partitionDays: number;
}

const KNOWN: readonly string[] = [
  "connectionString",
  "pool",
  "schema",
  "migrate",
  "deadlineMs",
  "maxConnections",
  "transactionPooler",
  "push",
  "listenConnectionString",
  "partitionDays",
];

/**
 * Checks the options and fills in the defaults.
 * @throws RevoArgumentError `REVO_OPTION_UNKNOWN`, `REVO_ARGUMENT_INVALID`, `REVO_NAME_INVALID`.
 */
export function toSettings(options: PostgresJobStorageOptions): Settings {
  if (typeof options !== "object" || options === null)
    throw invalid("options", "an object", options);
  for (const name of Object.keys(options)) if (!KNOWN.includes(name)) throw unknown(name);
  const {
    connectionString,
    pool,
    schema = "revo",
    migrate = "auto",
    deadlineMs = 5000,
    maxConnections = 10,
    transactionPooler = false,
    listenConnectionString,
    push = !transactionPooler || listenConnectionString !== undefined,
    partitionDays = 16,
  } = options;
  if ((connectionString === undefined) === (pool === undefined)) {
    throw invalid("connectionString", "given where `pool` is not, and only there", "both or none");
  }
  if (connectionString !== undefined) checkUrl("connectionString", connectionString);
  if (listenConnectionString !== undefined) {
    checkUrl("listenConnectionString", listenConnectionString);
  }
  if (pool !== undefined && typeof pool?.connect !== "function") {
    throw invalid("pool", "a pool of pg", pool);
  }
  if (!["auto", "check", "off"].includes(migrate)) {
    throw invalid("migrate", '"auto", "check" or "off"', migrate);
  }
  const names = schemaNames(schema);
  return {
    names,
    schemaName: schema,
    connectionString,
    pool,
    migrate,
    deadlineMs: checkedInteger("deadlineMs", deadlineMs, { from: 100, to: 3_600_000 }),
    maxConnections: checkedInteger("maxConnections", maxConnections, { from: 2, to: 1000 }),
    prepares: !checkedBoolean("transactionPooler", transactionPooler),
    preparedSuffix: `_${createHash("sha256").update(schema).digest("hex").slice(0, 12)}`,
    push: checkedBoolean("push", push),
    listenConnectionString,
    partitionDays: checkedInteger("partitionDays", partitionDays, { from: 0, to: 60 }),
  };
}

function checkUrl(name: string, value: unknown): void {
  const isUrl =
    typeof value === "string" &&
    /^(postgres|postgresql|socket):\/\//.test(value) &&
    canParse(value);
  // The value may hold a password, so it is not shown.
  if (!isUrl) throw invalid(name, "a URL that begins with postgres://", typeof value);
}

function canParse(value: string): boolean {
  // A socket's folder takes the place of the host.
  return value.startsWith("socket:") || URL.canParse(value.replace("@/", "@localhost/"));
}

function checkedInteger(
  name: string,
  value: number,
  { from, to }: { readonly from: number; readonly to: number },
): number {
  const isInside = Number.isSafeInteger(value) && value >= from && value <= to;
  if (!isInside) throw invalid(name, `an integer from ${from} to ${to}`, value);
  return value;
}

function checkedBoolean(name: string, value: boolean): boolean {
  if (typeof value !== "boolean") throw invalid(name, "a boolean", value);
  return value;
}

function unknown(name: string): RevoArgumentError {
  const message = `Unknown option \`${name.slice(0, 80)}\` of PostgresJobStorage: expected one of ${KNOWN.join(", ")}`;
  return new RevoArgumentError("REVO_OPTION_UNKNOWN", message, name);
}

function invalid(name: string, rule: string, value: unknown): RevoArgumentError {
  // An object may refuse to become a text.
  const shown =
    typeof value === "object" && value !== null ? "an object" : String(value).slice(0, 80);
  const message = `Expected \`${name}\` to be ${rule}, got ${shown}`;
  return new RevoArgumentError("REVO_ARGUMENT_INVALID", message, name);
}
