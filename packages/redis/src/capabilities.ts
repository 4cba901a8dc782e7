import type { StorageCapabilities } from "@revojs/core";
import type { RedisSettings } from "./options.ts";

/** What a Redis storage can do, but for its durability, which the server's settings decide. */
export function capabilitiesOf(
  durability: StorageCapabilities["durability"],
  { indexTags, partitions }: Pick<RedisSettings, "indexTags" | "partitions">,
): StorageCapabilities {
  return {
    contractVersion: 1,
    name: "redis",
    durability,
    atomicExchange: partitions === 1,
    claimOrder: partitions === 1 ? "strict" : "window",
    maxBatch: 500,
    maxTextBytes: 16 * 1024 * 1024,
    filters: indexTags ? FILTERS_WITH_INDEX : FILTERS,
    orders: ["newest", "oldest"],
    // In one slot only are they stored in the same step as the success that brings them.
    ...(partitions === 1 && { followUps: true }),
  };
}

/** Every plane has an index of its own; within it all else is looked for. */
const FILTERS: StorageCapabilities["filters"] = Object.freeze({
  states: "indexed",
  queues: "scanned",
  types: "scanned",
  tags: "scanned",
  uniqueKeys: "scanned",
  serverIds: "scanned",
  fingerprints: "scanned",
  createdAt: "scanned",
  dueAt: "scanned",
  finishedAt: "scanned",
  attempt: "scanned",
});

const FILTERS_WITH_INDEX: StorageCapabilities["filters"] = Object.freeze({
  ...FILTERS,
  types: "indexed",
  tags: "indexed",
});
