import { RevoError } from "@revojs/core";
import type { RedisSettings } from "./options.ts";

/** What cannot change once the storage was made, as it is stored: the number of partitions, and whether types and tags are indexed. */
export function layoutOf({ indexTags }: Pick<RedisSettings, "indexTags">): string {
  return `1 ${indexTags ? 1 : 0}`;
}

/** The storage under `key` was made otherwise. Another process may be at work on it, so it is nobody's to change. */
export function layoutError(
  key: string,
  stored: string,
  { indexTags }: Pick<RedisSettings, "indexTags">,
): RevoError {
  const wasIndexed = stored.split(" ")[1] === "1";
  const difference = `Expected \`indexTags\` to be ${String(wasIndexed)}, as when the storage was made (${key}), got ${String(indexTags)}`;
  return new RevoError(
    "REVO_STORAGE_MISCONFIGURED",
    `${difference}: nothing was changed. Use the former value, or another \`prefix\``,
  );
}
