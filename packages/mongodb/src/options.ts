import { type IClock, RevoArgumentError, SystemClock } from "@revojs/core";
import type { Db, MongoClientOptions } from "mongodb";

/** How a {@link MongodbJobStorage} is set up. Give `db` or `url`, not both. */
export interface MongodbJobStorageOptions {
  /**
   * The database to store in, of a client that is yours: it is never closed here, and its sessions can be passed as
   * transactions. Read preference and write concerns of the client are not used.
   */
  readonly db?: Db;
  /** A connection string with the name of a database: `mongodb://db1,db2,db3/shop?replicaSet=rs`. The storage has its own client. */
  readonly url?: string;
  /** With `url`: further options of the driver. */
  readonly clientOptions?: MongoClientOptions;
  /** Begins the names of the collections; letters, digits, `_` and `-`, at most 32. @defaultValue "revo" */
  readonly prefix?: string;
  /**
   * `create`: `open` makes missing collections and indexes. `check`: it refuses with `REVO_SCHEMA_OUTDATED` where any is
   * missing, for processes without the right to make them.
   * @defaultValue "create"
   */
  readonly schema?: "create" | "check";
  /**
   * What an enqueued job and a settled attempt survive. `majority`: the loss of the primary. `journal`: a crash of the
   * primary, whose loss may take the newest of them. A standalone server has the journal only.
   * @defaultValue "majority"
   */
  readonly durability?: "majority" | "journal";
  /**
   * Claims take the very first jobs of a queue, however many processes contend for them, and enqueues of one process take
   * effect in the order of the calls, each waiting for the one before. Without it a claim that contends takes its jobs from
   * the first few hundred, and of two enqueues under way at once the second may be in first.
   * @defaultValue false
   */
  readonly strictFifo?: boolean;
  /**
   * How sleeping job servers hear of new jobs. `tailable`: by a cursor on a capped collection. `changeStream`: where capped
   * collections are not to be had; needs a replica set. `none`: servers poll. `auto`: the first that works.
   * @defaultValue "auto"
   */
  readonly wakeUps?: "auto" | "tailable" | "changeStream" | "none";
  /** Every call answers within this time, in milliseconds; integer, 100 to 600,000. @defaultValue 5,000 */
  readonly timeoutMs?: number;
  /**
   * How long the learned difference to the server's clock is believed, in milliseconds; integer, >= 0. 0 asks the server in
   * each call, so that tests can move the storage's time.
   * @defaultValue 30,000
   */
  readonly clockMaxAgeMs?: number;
}

/** The options, checked, with their defaults. */
export interface Settings
  extends Required<Omit<MongodbJobStorageOptions, "db" | "url" | "clientOptions">> {
  readonly source: DatabaseSource;
  readonly clock: IClock;
}

/** Where the database comes from. */
type DatabaseSource =
  | { readonly kind: "given"; readonly db: Db }
  | { readonly kind: "own"; readonly url: string; readonly options: MongoClientOptions };

const KNOWN = [
  "db",
  "url",
  "clientOptions",
  "prefix",
  "schema",
  "durability",
  "strictFifo",
  "wakeUps",
  "timeoutMs",
  "clockMaxAgeMs",
];

/**
 * Checks the options and fills in the defaults.
 * @throws RevoArgumentError `REVO_OPTION_UNKNOWN`, `REVO_ARGUMENT_INVALID`.
 */
export function toSettings(options: MongodbJobStorageOptions): Settings {
  if (typeof options !== "object" || options === null)
    throw invalid("options", "an object", options);
  for (const name of Object.keys(options)) if (!KNOWN.includes(name)) throw unknown(name);
  return {
    source: sourceOf(options),
    clock: new SystemClock(),
    prefix: checkedPrefix(options.prefix ?? "revo"),
    schema: oneOf("schema", options.schema ?? "create", ["create", "check"]),
    durability: oneOf("durability", options.durability ?? "majority", ["majority", "journal"]),
    strictFifo: checkedFlag("strictFifo", options.strictFifo ?? false),
    wakeUps: oneOf("wakeUps", options.wakeUps ?? "auto", [
      "auto",
      "tailable",
      "changeStream",
      "none",
    ]),
    timeoutMs: checkedCount("timeoutMs", options.timeoutMs ?? 5_000, 100, 600_000),
    clockMaxAgeMs: checkedCount("clockMaxAgeMs", options.clockMaxAgeMs ?? 30_000, 0, 3_600_000),
  };
}

function sourceOf({ db, url, clientOptions }: MongodbJobStorageOptions): DatabaseSource {
  if ((db === undefined) === (url === undefined))
    throw invalid("db", "given where `url` is not, and only there", db === undefined ? db : url);
  if (db !== undefined) {
    const isDatabase = typeof db === "object" && typeof db?.collection === "function";
    if (!isDatabase) throw invalid("db", "a Db of the driver mongodb", db);
    return { kind: "given", db };
  }
  if (typeof url !== "string" || url === "") throw invalid("url", "a connection string", url);
  return { kind: "own", url, options: clientOptions ?? {} };
}

function checkedPrefix(prefix: string): string {
  const isPrefix = typeof prefix === "string" && /^[A-Za-z0-9_-]{1,32}$/.test(prefix);
  if (!isPrefix) throw invalid("prefix", "1 to 32 letters, digits, `_` and `-`", prefix);
  return prefix;
}

function checkedFlag(name: string, value: boolean): boolean {
  if (typeof value !== "boolean") throw invalid(name, "a boolean", value);
  return value;
}

function checkedCount(name: string, value: number, least: number, most: number): number {
  const isCount = Number.isSafeInteger(value) && value >= least && value <= most;
  if (!isCount) throw invalid(name, `an integer from ${least} to ${most}`, value);
  return value;
}

function oneOf<T extends string>(name: string, value: T, allowed: readonly T[]): T {
  if (!allowed.includes(value)) throw invalid(name, `one of ${allowed.join(", ")}`, value);
  return value;
}

function unknown(name: string): RevoArgumentError {
  const message = `Unknown option \`${name.slice(0, 80)}\` of MongodbJobStorage: expected some of ${KNOWN.join(", ")}`;
  return new RevoArgumentError("REVO_OPTION_UNKNOWN", message, name);
}

function invalid(name: string, rule: string, value: unknown): RevoArgumentError {
  // An object may refuse to become a text.
  const shown =
    typeof value === "object" && value !== null ? "an object" : String(value).slice(0, 80);
  const message = `Expected \`${name}\` to be ${rule}, got ${shown}`;
  return new RevoArgumentError("REVO_ARGUMENT_INVALID", message, name);
}
