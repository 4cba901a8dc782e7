import { randomUUID } from "node:crypto";
import { RevoError, type StorageCapabilities, type StorageIdentity } from "@revojs/core";
import { combineIds } from "./storage-id.ts";
import { FORMAT_VERSION, storageKeyOf } from "./keys.ts";
import { layoutError, layoutOf } from "./layout.ts";
import { defineScript } from "./script.ts";
import { OPEN, PROBE } from "./scripts/open.ts";
import type { Store } from "./store.ts";

/** What `open` learns. */
export interface Opening {
  readonly identity: StorageIdentity;
  readonly durability: StorageCapabilities["durability"];
}

type Info = ReadonlyMap<string, string>;

const LEAST_VERSION = [6, 2] as const;
const LEAST_VERSION_FOR_DISK = [7, 2] as const;

/** `ok` and the id, or why not: `foreign`, `format` or `layout` and what it is. */
const openScript = defineScript<readonly [string, string]>("open", "writes", OPEN);
/** Commands that the user may not use. */
const probeScript = defineScript<readonly string[]>("probe", "writes", PROBE);

/**
 * Checks version, settings and rights of the server and the format of the storage, in this order; makes a new storage.
 * @throws RevoError `REVO_STORAGE_VERSION`, `_MISCONFIGURED`, `_FORBIDDEN`, `REVO_SCHEMA_FOREIGN`, `_TOO_NEW`: nothing was written.
 */
export async function openStorage(store: Store): Promise<Opening> {
  const info = await readInfo(store);
  checkVersion(store, info);
  checkEviction(store, info);
  checkAppendOnly(store, info);
  await checkRights(store);
  const fsync = info.get("aof_enabled") === "1" ? await readFsync(store) : "none";
  const durability = durabilityOf(store, fsync);
  const storageId = await openSchema(store);
  return {
    identity: {
      storageId,
      schemaVersion: FORMAT_VERSION,
      warnings: warningsOf(info, fsync, durability),
    },
    durability,
  };
}

/**
 * Checks the rights and the formats of the partitions, and makes those that are missing, under the id of the storage. Answers
 * the id that they have together.
 * @throws RevoError as {@link openStorage}, whose checks come before.
 */
export async function openPartitions(
  partitions: readonly Store[],
  storageId: string,
): Promise<string> {
  for (const partition of partitions) await checkRights(partition);
  const ids = partitions.map((partition) => openSchema(partition, storageId));
  return combineIds(await Promise.all(ids));
}

async function readInfo(store: Store): Promise<Info> {
  const text = await store.connection.info();
  const info = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(":");
    if (colon > 0 && !line.startsWith("#")) info.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return info;
}

function checkVersion({ settings }: Store, info: Info): void {
  const version = info.get("valkey_version") ?? info.get("redis_version") ?? "0";
  const name = info.has("valkey_version") ? "Valkey" : "Redis";
  const [least, why] =
    settings.durability === "disk"
      ? [LEAST_VERSION_FOR_DISK, '`durability: "disk"` needs WAITAOF']
      : [LEAST_VERSION, "the scripts need LPOP with a count"];
  if (isAtLeast(version, least)) return;
  const message = `Expected ${name} ${least.join(".")} or newer (${why}), got ${version}`;
  throw new RevoError("REVO_STORAGE_VERSION", message);
}

function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [actualMajor = 0, actualMinor = 0] = version.split(".").map(Number);
  return actualMajor > major || (actualMajor === major && actualMinor >= minor);
}

function checkEviction({ settings }: Store, info: Info): void {
  const policy = info.get("maxmemory_policy");
  if (settings.allowEviction || policy === undefined || policy === "noeviction") return;
  const message =
    `Expected \`maxmemory-policy\` of Redis to be noeviction, got ${policy}: Redis would throw away jobs when its memory is full. ` +
    "Change it, or set `allowEviction`";
  throw new RevoError("REVO_STORAGE_MISCONFIGURED", message);
}

/** WAITAOF without an append-only file waits for nothing. */
function checkAppendOnly({ settings }: Store, info: Info): void {
  if (settings.durability !== "disk" || info.get("aof_enabled") !== "0") return;
  const message = 'Expected `appendonly` of Redis to be yes for `durability: "disk"`, got no';
  throw new RevoError("REVO_STORAGE_MISCONFIGURED", message);
}

async function checkRights(store: Store): Promise<void> {
  const missing = await store.run(probeScript, []);
  if (missing.length === 0) return;
  const message = `The Redis user may not use ${missing.join(", ")}: grant it with ACL SETUSER, for all keys of ${storageKeyOf(store.settings.prefix)}`;
  throw new RevoError("REVO_STORAGE_FORBIDDEN", message);
}

async function openSchema(store: Store, candidate: string = randomUUID()): Promise<string> {
  const [kind, value] = await store.run(openScript, [
    FORMAT_VERSION,
    candidate,
    layoutOf(store.settings),
  ]);
  if (kind === "ok") return value;
  const key = storageKeyOf(store.settings.prefix);
  if (kind === "foreign") {
    throw new RevoError(
      "REVO_SCHEMA_FOREIGN",
      `The key ${key} is not of Revo Jobs: choose another \`prefix\``,
    );
  }
  if (kind === "layout") throw layoutError(key, value, store.settings);
  const message = `Expected format ${FORMAT_VERSION} in ${key}, got ${value.slice(0, 80)}: a newer version of Revo Jobs wrote it`;
  throw new RevoError("REVO_SCHEMA_TOO_NEW", message);
}

/** When the append-only file goes to the disk. Many managed servers let nobody ask; nearly all have what is the default. */
async function readFsync({ connection }: Store): Promise<string> {
  try {
    const reply = await connection.config("appendfsync");
    return reply ?? "everysec";
  } catch {
    return "everysec";
  }
}

/** What a crash may lose. A copy on the replica or on the disk is waited for only where asked for. */
function durabilityOf({ settings }: Store, fsync: string): StorageCapabilities["durability"] {
  if (settings.durability === "replica") return "quorum";
  if (settings.durability === "disk" || fsync === "always") return "disk";
  return fsync === "everysec" ? "second" : "memory";
}

function warningsOf(
  info: Info,
  fsync: string,
  durability: StorageCapabilities["durability"],
): readonly string[] {
  const warnings: string[] = [];
  if (fsync === "none") {
    warnings.push(
      "Redis keeps no append-only file (`appendonly no`): a crash loses all jobs since its last snapshot",
    );
  }
  if (fsync === "no") {
    warnings.push(
      "Redis leaves it to the system when its append-only file is written (`appendfsync no`): a crash of the machine may lose half a minute",
    );
  }
  if (durability === "quorum" && info.get("connected_slaves") === "0") {
    warnings.push('Redis has no replica now: with `durability: "replica"` enqueues will fail');
  }
  return warnings;
}
