import type { StorageCapabilities } from "@revojs/core";

/** Enough for one commit to be cheap beside its jobs, few enough for it to be short. */
const MAX_BATCH = 2000;

/** What this storage can do. Fields marked `scanned` are tested row by row, within the bounds of the request. */
export const CAPABILITIES: StorageCapabilities = Object.freeze({
  contractVersion: 1,
  name: "postgres",
  durability: "disk",
  atomicExchange: true,
  claimOrder: "window",
  maxBatch: MAX_BATCH,
  maxTextBytes: 64 * 1024 * 1024,
  filters: Object.freeze({
    states: "indexed",
    queues: "indexed",
    types: "scanned",
    tags: "scanned",
    uniqueKeys: "scanned",
    serverIds: "scanned",
    fingerprints: "scanned",
    createdAt: "scanned",
    dueAt: "scanned",
    finishedAt: "scanned",
    attempt: "scanned",
  }),
  orders: Object.freeze(["newest", "oldest"] as const),
});
