import type { JobServer } from "../server/job-server.ts";
import type { StorageIdentity } from "../storage/capabilities.ts";
import type { IJobStorage } from "../storage/job-storage.ts";
import type { IClock } from "../support/clock.ts";
import type { RevoHealth } from "./revo.ts";

/** Reads how everything fares, with one small read of the storage. Never throws. */
export async function readHealth(parts: {
  readonly storage: Pick<IJobStorage, "capabilities" | "monitor">;
  readonly identity: StorageIdentity;
  readonly server: JobServer | null;
  readonly clock: IClock;
  readonly isClosed: () => boolean;
}): Promise<RevoHealth> {
  const { storage, identity, clock, isClosed } = parts;
  const server = parts.server?.health() ?? null;
  const roundTripMs = isClosed() ? null : await roundTrip(storage, clock);
  const failing =
    server !== null &&
    (server.lease !== "held" || server.loops.some(({ failures }) => failures > 0));
  return {
    status: roundTripMs === null ? "down" : failing ? "degraded" : "ok",
    storage: {
      name: storage.capabilities.name,
      durability: storage.capabilities.durability,
      reachable: roundTripMs !== null,
      roundTripMs,
      warnings: identity.warnings,
    },
    server,
  };
}

async function roundTrip(
  storage: Pick<IJobStorage, "monitor">,
  clock: IClock,
): Promise<number | null> {
  const startedMs = clock.monotonicMs();
  try {
    await storage.monitor.servers();
    return clock.monotonicMs() - startedMs;
  } catch {
    return null;
  }
}
