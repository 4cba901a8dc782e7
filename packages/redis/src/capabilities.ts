import type { StorageCapabilities } from "@revojs/core";

/** What a Redis storage can do, but for its durability, which the server's settings decide. */
export function capabilitiesOf(durability: StorageCapabilities["durability"]): StorageCapabilities {
  return {
    contractVersion: 1,
    name: "redis",
    durability,
    atomicExchange: true,
    claimOrder: "strict",
    maxBatch: 500,
    maxTextBytes: 16 * 1024 * 1024,
    filters: FILTERS,
    orders: ["newest", "oldest"],
    followUps: true,
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
