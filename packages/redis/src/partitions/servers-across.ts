import type {
  HeartbeatReply,
  HeartbeatRequest,
  ServerRecord,
  ServerRegistration,
} from "@revojs/core";
import { toShortId } from "../job-ids.ts";
import { defineScript } from "../script.ts";
import { ADOPT_SERVERS, LOSE_SERVER } from "../scripts/partition-servers.ts";
import { LEAVE_PARTITION } from "../scripts/servers.ts";
import { heartbeat, listServers, register } from "../servers.ts";
import { combineIds } from "../storage-id.ts";
import type { Partitions } from "./partitions.ts";
import { after, together } from "./together.ts";

const loseScript = defineScript<number>("lose-server", "writes", LOSE_SERVER);
const leaveScript = defineScript<number>("leave-partition", "writes", LEAVE_PARTITION);
const adoptScript = defineScript<number>("adopt-servers", "writes", ADOPT_SERVERS);

const MOST_DELETIONS = 1000;

/** First where beats are watched: whoever is known elsewhere is known there. */
export async function registerAcross(
  partitions: Partitions,
  server: ServerRegistration,
): Promise<HeartbeatReply> {
  const first = await register(partitions.first, server);
  const others = partitions.stores.slice(1).map((store) => register(store, server));
  return combine([first, ...(await after(together("writes", others)))]);
}

/** Beats everywhere: only the first partition's is watched, all tell of deletions and of a lost lease. */
export async function heartbeatAcross(
  partitions: Partitions,
  request: HeartbeatRequest,
): Promise<HeartbeatReply> {
  const { serverId, peers } = request;
  const calls = partitions.stores.map((store, partition) =>
    heartbeat(store, partition === 0 ? request : { serverId, peers: 0 }),
  );
  return { ...combine(await together("writes", calls)), ...(peers === 0 && { peers: [] }) };
}

/**
 * Lost first where it is watched and kept there until nothing of it is left anywhere, so that a crash in between leaves a lost
 * server, which anybody recovers.
 */
export async function unregisterAcross(partitions: Partitions, serverId: string): Promise<void> {
  const server = toShortId(serverId);
  await partitions.first.run(loseScript, [server, ""]);
  await after(leaveOthers(partitions, server));
}

/** @returns Whether the server lives; it is lost everywhere else. */
export async function loseAcross(
  partitions: Partitions,
  serverId: string,
  beat: number,
): Promise<boolean> {
  const server = toShortId(serverId);
  if ((await partitions.first.run(loseScript, [server, beat])) < 0) return true;
  const others = partitions.stores.slice(1);
  await after(
    together(
      "writes",
      others.map((store) => store.run(loseScript, [server, ""])),
    ),
  );
  return false;
}

async function leaveOthers(partitions: Partitions, server: string): Promise<void> {
  const others = partitions.stores.slice(1);
  const held = await together(
    "writes",
    others.map((store) => store.run(leaveScript, [server])),
  );
  if (held.every((jobs) => jobs === 0)) await partitions.first.run(leaveScript, [server]);
}

/** Watches servers again that are known to another partition only. Answers how many. */
export async function adoptStrays(partitions: Partitions): Promise<number> {
  const [known = [], ...others] = await together("reads", partitions.stores.map(listServers));
  const ids = new Set(known.map(({ serverId }) => serverId));
  const strays = others.flat().filter(({ serverId }) => !ids.has(serverId));
  if (strays.length === 0) return 0;
  const values = strays.flatMap(({ serverId, leaseMs }) => [toShortId(serverId), leaseMs]);
  return partitions.first.run(adoptScript, values);
}

/** As they are watched, with what they process anywhere. */
export async function listServersAcross(partitions: Partitions): Promise<readonly ServerRecord[]> {
  const [records = [], ...others] = await together("reads", partitions.stores.map(listServers));
  const elsewhere = new Map<string, number>();
  for (const { serverId, processing } of others.flat()) {
    elsewhere.set(serverId, (elsewhere.get(serverId) ?? 0) + processing);
  }
  return records.map((record) => ({
    ...record,
    processing: record.processing + (elsewhere.get(record.serverId) ?? 0),
  }));
}

function combine(replies: readonly HeartbeatReply[]): HeartbeatReply {
  const [first] = replies;
  if (first === undefined) throw new RangeError("There is no partition");
  return {
    ...first,
    lease: replies.some(({ lease }) => lease === "lost") ? "lost" : "held",
    storageId: combineIds(replies.map(({ storageId }) => storageId)),
    deletions: replies
      .flatMap(({ deletions }) => deletions)
      .toSorted()
      .slice(0, MOST_DELETIONS),
  };
}
