import type { Document } from "mongodb";
import { queueKey, queueOf, serverKey } from "../control-ids.ts";
import type { Store } from "../store.ts";

/** What a claim has to know before it leases a job. */
export interface Look {
  /** The server is registered and was not given up. */
  readonly isHeld: boolean;
  /** Paused queues among those asked for, and when the pause ends by itself. */
  readonly paused: ReadonlyMap<string, number | undefined>;
  /** When the earliest scheduled job of any queue is due. */
  readonly nextDueMs: number | undefined;
}

/** One small command: the server's lease, the pauses, the earliest due job. */
export async function look(
  store: Store,
  serverId: string,
  { queues, nowMs }: { readonly queues: readonly string[]; readonly nowMs: number },
): Promise<Look> {
  const server = serverKey(serverId);
  const rows = await store.servers
    .aggregate([
      { $match: { _id: { $in: [server, ...queues.map(queueKey)] } } },
      { $project: { lost: 1, pause: 1 } },
      { $unionWith: { coll: store.jobs.collectionName, pipeline: EARLIEST_DUE } },
    ])
    .toArray();
  const paused = new Map<string, number | undefined>();
  let isHeld = false;
  let nextDueMs: number | undefined;
  for (const row of rows) {
    if (row["dueAt"] instanceof Date) nextDueMs = row["dueAt"].getTime();
    else if (row["_id"] === server) isHeld = row["lost"] !== true;
    else if (row["pause"] !== undefined) {
      const endsAtMs = (row["pause"] as { endsAt?: Date }).endsAt?.getTime();
      if (endsAtMs === undefined || endsAtMs > nowMs)
        paused.set(queueOf(String(row["_id"])), endsAtMs);
    }
  }
  return { isHeld, paused, nextDueMs };
}

/** Head of the due plane. */
const EARLIEST_DUE: Document[] = [
  { $match: { state: "scheduled" } },
  { $sort: { dueAt: 1, order: 1 } },
  { $limit: 1 },
  { $project: { dueAt: 1 } },
];
