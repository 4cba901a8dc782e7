import { RevoError } from "@revojs/core";
import type { RedisSettings } from "./options.ts";

type Layout = Pick<RedisSettings, "partitions" | "indexTags">;

/** What cannot change once the storage was made, as it is stored: the number of partitions, and whether types and tags are indexed. */
export function layoutOf({ partitions, indexTags }: Layout): string {
  return `${partitions} ${indexTags ? 1 : 0}`;
}

/** The storage under `key` was made otherwise. Another process may be at work on it, so it is nobody's to change. */
export function layoutError(key: string, stored: string, wanted: Layout): RevoError {
  const [partitions = "1", indexed = "0"] = stored.split(" ");
  const [option, was, is] =
    partitions === String(wanted.partitions)
      ? ["indexTags", String(indexed === "1"), wanted.indexTags]
      : ["partitions", partitions, wanted.partitions];
  const message =
    `Expected \`${option}\` to be ${was}, as when the storage was made (${key}), got ${String(is)}: ` +
    "nothing was changed. Use the former value, or another `prefix`";
  return new RevoError("REVO_STORAGE_MISCONFIGURED", message);
}
