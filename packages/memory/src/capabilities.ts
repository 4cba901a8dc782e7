import type { StorageCapabilities } from "@revojs/core";

/** What the memory storage can do. It compares every filter field itself; only state and queue have an index. */
export const CAPABILITIES: StorageCapabilities = Object.freeze({
  contractVersion: 1,
  name: "memory",
  durability: "memory",
  atomicExchange: true,
  claimOrder: "strict",
  maxBatch: 10_000,
  maxTextBytes: 64 * 1024 * 1024,
  filters: Object.freeze({
    states: "indexed",
    queues: "indexed",
    types: "scanned",
    tags: "scanned",
    uniqueKeys: "scanned",
    batchIds: "scanned",
    serverIds: "scanned",
    fingerprints: "scanned",
    limitKeys: "scanned",
    createdAt: "scanned",
    dueAt: "scanned",
    finishedAt: "scanned",
    attempt: "scanned",
  }),
  orders: Object.freeze(["newest", "oldest"] as const),
});
