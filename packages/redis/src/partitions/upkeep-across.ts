import type { IJobUpkeep, JobId, RecoverReply, RecoverRequest } from "@revojs/core";
import { prune, recover, repair, takeTurn } from "../upkeep.ts";
import { sweepPointers } from "./locate.ts";
import type { Partitions } from "./partitions.ts";
import { promoteAcross } from "./promote-across.ts";
import { adoptStrays, loseAcross } from "./servers-across.ts";
import { after } from "./together.ts";

/** Upkeep over all partitions: each call does up to its limit in all. */
export function upkeepAcross(partitions: Partitions): IJobUpkeep {
  return {
    takeTurn: (task, intervalMs) => takeTurn(partitions.first, task, intervalMs),
    promote: (limit) => promoteAcross(partitions, limit),
    recover: (request) => recoverAcross(partitions, request),
    prune: (limit) => pruneAcross(partitions, limit),
    repair: (limit) => repairAcross(partitions, limit),
  };
}

/** The first partition, where the server is watched, comes last: it is remembered as lost until nothing of it is left. */
async function recoverAcross(
  partitions: Partitions,
  request: RecoverRequest,
): Promise<RecoverReply> {
  const { serverId, beat, limit } = request;
  if (await loseAcross(partitions, serverId, beat)) return { kind: "beat-moved" };
  const returned: JobId[] = [];
  const failed: JobId[] = [];
  const deleted: JobId[] = [];
  for (const store of [...partitions.stores.slice(1), partitions.first]) {
    const room = limit - returned.length - failed.length - deleted.length;
    if (room <= 0) return { kind: "recovered", returned, failed, deleted, more: true };
    const reply = await after(recover(store, { ...request, limit: room }));
    if (reply.kind === "beat-moved") continue;
    returned.push(...reply.returned);
    failed.push(...reply.failed);
    deleted.push(...reply.deleted);
    if (reply.more) return { kind: "recovered", returned, failed, deleted, more: true };
  }
  return { kind: "recovered", returned, failed, deleted, more: false };
}

async function pruneAcross(
  partitions: Partitions,
  limit: number,
): Promise<{ readonly removed: number; readonly more: boolean }> {
  let [removed, more] = [0, false];
  for (const store of partitions.stores) {
    if (limit > 0 && removed >= limit) return { removed, more: true };
    const reply = await after(prune(store, limit - removed));
    removed += reply.removed;
    more ||= reply.more;
  }
  return { removed, more };
}

async function repairAcross(
  partitions: Partitions,
  limit: number,
): Promise<{ readonly repaired: number; readonly more: boolean }> {
  let repaired = await adoptStrays(partitions);
  let more = false;
  for (const [partition, store] of partitions.stores.entries()) {
    if (limit > 0 && repaired >= limit) return { repaired, more: true };
    const reply = await after(repair(store, limit - repaired));
    repaired += reply.repaired;
    more ||= reply.more;
    const room = Math.max(0, limit - repaired);
    const looked = room === 0 ? 0 : await after(sweepPointers(partitions, partition, room));
    more ||= room > 0 && looked >= room;
  }
  return { repaired, more };
}
