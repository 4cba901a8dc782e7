import type { IJobUpkeep } from "@revojs/core";
import type { CallProgress } from "../call.ts";
import { serverKey } from "../control-ids.ts";
import { isDuplicateKey } from "../errors.ts";
import type { Store } from "../store.ts";

/** Lease of a holder that nobody knows: as long as the default. */
const STRAY_LEASE_MS = 15_000;

/**
 * Finds jobs leased under a server that is not registered: a claim was allowed just before its server was recovered and
 * forgotten, or a failover lost the registration. The stray holder is registered with beat 0, to be watched and recovered
 * like any other.
 */
export async function repair(
  store: Store,
  limit: number,
  progress: CallProgress,
): Promise<Awaited<ReturnType<IJobUpkeep["repair"]>>> {
  const nowMs = await store.serverClock.nowMs();
  const holders = (
    await store.jobs
      .aggregate([{ $match: { state: "processing" } }, { $group: { _id: "$server" } }], {
        hint: "held",
      })
      .toArray()
  ).map(({ _id }) => String(_id));
  if (holders.length === 0) return { repaired: 0, more: false };
  const known = await store.servers
    .find({ _id: { $in: holders.map(serverKey) } }, { projection: { _id: 1 } })
    .toArray();
  const knownKeys = new Set(known.map(({ _id }) => _id));
  const strays = holders.filter((serverId) => !knownKeys.has(serverKey(serverId)));
  const taken = strays.slice(0, limit);
  if (taken.length > 0) progress.writing();
  for (const serverId of taken) {
    await store.servers
      .insertOne(
        {
          _id: serverKey(serverId),
          beat: 0,
          beatAt: new Date(nowMs),
          leaseMs: STRAY_LEASE_MS,
          info: "{}",
          desired: "run",
        },
        { writeConcern: store.concerns.safe },
      )
      .catch((error: unknown) => {
        // Another process repairs as well.
        if (!isDuplicateKey(error)) throw error;
      });
  }
  return { repaired: taken.length, more: strays.length > taken.length };
}
