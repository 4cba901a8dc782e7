import type { StorageCapabilities } from "@revojs/core";
import type { Settings } from "./options.ts";
import type { Topology } from "./topology.ts";

/** What a storage with these settings can do. How durable it is, is known once the server is. */
export function capabilitiesOf(
  { strictFifo, durability }: Pick<Settings, "strictFifo" | "durability">,
  topology: Topology | undefined,
): StorageCapabilities {
  return Object.freeze({
    contractVersion: 1,
    name: "mongodb",
    durability:
      topology !== undefined && topology.members > 2 && durability === "majority"
        ? "quorum"
        : "disk",
    atomicExchange: false,
    claimOrder: strictFifo ? "strict" : "window",
    maxBatch: 1000,
    // A document holds at most 16 MiB: payload, result and envelope together with the history.
    maxTextBytes: 4 * 1024 * 1024,
    filters: FILTERS,
    orders: ORDERS,
  } as const);
}

const FILTERS: StorageCapabilities["filters"] = Object.freeze({
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
});

const ORDERS: StorageCapabilities["orders"] = Object.freeze(["newest", "oldest"]);
