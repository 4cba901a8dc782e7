import { RevoArgumentError } from "@revojs/core";
import type { Cluster, Redis } from "ioredis";
import { nearestName } from "./nearest-name.ts";

/** How a {@link RedisJobStorage} is set up. Exactly one of `connectionString` and `client`. */
export interface RedisJobStorageOptions {
  /** `redis://user:password@host:6379/0`, or `rediss://` for TLS. */
  readonly connectionString?: string;
  /**
   * A client of ioredis for all that a string cannot say: Sentinel, Cluster, TLS files. It is a description only: the storage
   * makes connections of its own like it, and neither uses nor closes it. Its `keyPrefix` is left out.
   */
  readonly client?: Redis | Cluster;
  /**
   * What the names of all keys begin with, in braces: `{revo}:…`. In a cluster it decides the slot, and so the node. Two
   * storages on one server need two prefixes. 1 to 64 letters, digits, `.`, `_`, `-`, `:`.
   * @defaultValue `revo`
   */
  readonly prefix?: string;
  /**
   * What an enqueue waits for before it answers. `server`: what Redis is set up for (with AOF by default, the last second may be
   * lost). `replica`: a replica has it, too (WAIT). `disk`: it is on the disk (WAITAOF; Redis >= 7.2 or Valkey, with AOF). The last
   * two take one connection more. Claims and settlements never wait: what of them is lost is run again.
   * @defaultValue `server`
   */
  readonly durability?: "server" | "replica" | "disk";
  /** How long a call may take, in milliseconds, until it answers by an error. Integer, >= 1. @defaultValue 5000 */
  readonly callTimeoutMs?: number;
  /**
   * Start although Redis would throw away jobs when its memory is full.
   * @defaultValue `false`: `open` throws `REVO_STORAGE_MISCONFIGURED` unless `maxmemory-policy` is `noeviction`
   */
  readonly allowEviction?: boolean;
  /**
   * In how many slots of a cluster the storage is, evenly spread over them. More than one share the work and the memory of a storage
   * among nodes. A job is where its id, or its unique key if it has one, belongs. Ids and keys stay unique in the whole storage; the
   * order of claims is the same as long as nobody else claims at that moment; settling and claiming in one exchange no longer commit
   * together, and there are no follow-ups. Calls take more round trips. Integer, 1 to 64. It is fixed when the storage is made:
   * opened with another, `open` throws `REVO_STORAGE_MISCONFIGURED` and nothing is changed.
   * @defaultValue 1
   */
  readonly partitions?: number;
  /**
   * Keep indexes of the types and tags of jobs, so that jobs are counted, and found by id, without a look at others; pages of one
   * state in its own order still look through that state. Costs 120 bytes for the type and for each tag of every stored job, and
   * twice the time of Redis for an enqueue. It is fixed when the storage is made: opened otherwise, `open` throws `REVO_STORAGE_MISCONFIGURED` and nothing is changed.
   * @defaultValue `false`: they are looked for among all jobs
   */
  readonly indexTags?: boolean;
}

/** Checked options with their defaults. */
export interface RedisSettings {
  readonly connectionString: string | undefined;
  readonly client: Redis | Cluster | undefined;
  readonly prefix: string;
  readonly durability: "server" | "replica" | "disk";
  readonly callTimeoutMs: number;
  readonly allowEviction: boolean;
  readonly indexTags: boolean;
  readonly partitions: number;
}

const KNOWN = [
  "connectionString",
  "client",
  "prefix",
  "durability",
  "callTimeoutMs",
  "allowEviction",
  "indexTags",
  "partitions",
];
const DURABILITIES = ["server", "replica", "disk"];
const MOST_PARTITIONS = 64;
const PREFIX = /^[A-Za-z0-9._:-]{1,64}$/;

/**
 * Checks the options and fills in the defaults.
 * @throws RevoArgumentError `REVO_OPTION_UNKNOWN`, `REVO_ARGUMENT_INVALID`.
 */
export function toSettings(options: RedisJobStorageOptions): RedisSettings {
  if (typeof options !== "object" || options === null)
    throw invalid("options", "an object", options);
  for (const name of Object.keys(options)) if (!KNOWN.includes(name)) throw unknown(name);
  const { connectionString, client, prefix = "revo", durability = "server" } = options;
  const {
    callTimeoutMs = 5000,
    allowEviction = false,
    indexTags = false,
    partitions = 1,
  } = options;
  if ((connectionString === undefined) === (client === undefined)) {
    throw invalid("options", "an object with either `connectionString` or `client`", options);
  }
  if (connectionString !== undefined) checkConnectionString(connectionString);
  if (client !== undefined) checkClient(client);
  if (!PREFIX.test(prefix))
    throw invalid("prefix", "1 to 64 letters, digits, `.`, `_`, `-`, `:`", prefix);
  if (!DURABILITIES.includes(durability))
    throw invalid("durability", "server, replica or disk", durability);
  if (!Number.isSafeInteger(callTimeoutMs) || callTimeoutMs < 1) {
    throw invalid("callTimeoutMs", "an integer >= 1 (milliseconds)", callTimeoutMs);
  }
  if (typeof allowEviction !== "boolean")
    throw invalid("allowEviction", "true or false", allowEviction);
  if (!Number.isSafeInteger(partitions) || partitions < 1 || partitions > MOST_PARTITIONS)
    throw invalid("partitions", `an integer from 1 to ${MOST_PARTITIONS}`, partitions);
  if (typeof indexTags !== "boolean") throw invalid("indexTags", "true or false", indexTags);
  return {
    connectionString,
    client,
    prefix,
    durability,
    callTimeoutMs,
    allowEviction,
    indexTags,
    partitions,
  };
}

/** The value may hold a password, so it is not shown. */
function checkConnectionString(value: string): void {
  if (typeof value === "string" && /^(?:rediss?:\/\/|\/)\S*$/.test(value)) return;
  const message =
    "Expected `connectionString` to begin with redis:// or rediss://, got something else";
  throw new RevoArgumentError("REVO_ARGUMENT_INVALID", message, "connectionString");
}

/** By shape: the caller's ioredis may be another copy than ours. */
function checkClient(client: Redis | Cluster): void {
  const fits =
    typeof client === "object" &&
    client !== null &&
    typeof client.duplicate === "function" &&
    typeof client.options === "object";
  if (fits) return;
  throw invalid("client", "a `Redis` or `Cluster` of ioredis 5.4 or newer", client);
}

function unknown(name: string): RevoArgumentError {
  const nearest = nearestName(name, KNOWN);
  const hint =
    nearest === undefined ? `expected one of ${KNOWN.join(", ")}` : `did you mean \`${nearest}\`?`;
  const message = `Unknown option \`${name.slice(0, 80)}\` of RedisJobStorage: ${hint}`;
  return new RevoArgumentError("REVO_OPTION_UNKNOWN", message, name);
}

function invalid(name: string, rule: string, value: unknown): RevoArgumentError {
  const isSimple = typeof value === "string" || typeof value === "number";
  const shown = isSimple ? String(value).slice(0, 80) : typeof value;
  return new RevoArgumentError(
    "REVO_ARGUMENT_INVALID",
    `Expected \`${name}\` to be ${rule}, got ${shown}`,
    name,
  );
}
