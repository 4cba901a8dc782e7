import { randomUUID } from "node:crypto";
import type {
  HeartbeatReply,
  HeartbeatRequest,
  ServerRecord,
  ServerRegistration,
} from "@revojs/core";
import { toShortId, toUuid } from "./job-ids.ts";
import { layoutOf } from "./layout.ts";
import { defineScript } from "./script.ts";
import { HEARTBEAT, LIST_SERVERS, REGISTER, SIGNAL, UNREGISTER } from "./scripts/servers.ts";
import type { Store } from "./store.ts";

type Desired = HeartbeatReply["desired"];
/** Storage, now, whether the lease holds, beat, what to do, ids to be deleted, then `id beat lease lost` of each peer. */
type Reply = readonly [string, number, number, number, Desired, readonly string[], ...string[]];

const registerScript = defineScript<Reply>("register", "writes", REGISTER);
const heartbeatScript = defineScript<Reply>("heartbeat", "writes", HEARTBEAT);
const unregisterScript = defineScript<number>("unregister", "writes", UNREGISTER);
const signalScript = defineScript<number>("signal", "writes", SIGNAL);
const listScript = defineScript<readonly string[]>("servers", "reads", LIST_SERVERS);

/** Most servers listed, and how many by one call. */
const MOST_LISTED = 10_000;
const PAGE = 500;

export async function register(store: Store, server: ServerRegistration): Promise<HeartbeatReply> {
  const { serverId, leaseMs, info } = server;
  const values = [toShortId(serverId), leaseMs, info, candidateOf(store)];
  return toReply(await store.run(registerScript, values));
}

export async function heartbeat(store: Store, request: HeartbeatRequest): Promise<HeartbeatReply> {
  const { serverId, peers, info } = request;
  const values = [toShortId(serverId), peers, candidateOf(store)];
  return toReply(await store.run(heartbeatScript, info === undefined ? values : [...values, info]));
}

export async function unregister(store: Store, serverId: string): Promise<void> {
  await store.run(unregisterScript, [toShortId(serverId)]);
}

export async function signalServer(
  store: Store,
  serverId: string,
  desired: Desired,
): Promise<boolean> {
  return (await store.run(signalScript, [toShortId(serverId), desired])) === 1;
}

export async function listServers(store: Store): Promise<readonly ServerRecord[]> {
  const records: ServerRecord[] = [];
  for (let after = ""; records.length < MOST_LISTED; ) {
    const page = await store.run(listScript, [after, PAGE]);
    for (let at = 0; at < page.length; at += 3) {
      records.push(toRecord(page[at] ?? "", page[at + 1] ?? "", page[at + 2] ?? ""));
    }
    if (page.length < 3 * PAGE) break;
    after = page.at(-3) ?? "";
  }
  return records;
}

/** What a storage is made anew with, should everything have been deleted. */
function candidateOf({ settings }: Store): string {
  return `${randomUUID()} ${layoutOf(settings)}`;
}

function toRecord(id: string, text: string, info: string): ServerRecord {
  const [beat, leaseMs, beatAt, desired, lost, processing] = text.split(" ");
  return {
    serverId: toUuid(id),
    leaseMs: Number(leaseMs),
    info,
    beat: Number(beat),
    beatAt: new Date(Number(beatAt)),
    desired: desired as Desired,
    lost: lost === "1",
    processing: Number(processing),
  };
}

function toReply(reply: Reply): HeartbeatReply {
  const [storageId, nowMs, holds, beat, desired, deletions, ...peers] = reply;
  return {
    lease: holds === 1 ? "held" : "lost",
    storageId,
    storageNow: new Date(nowMs),
    beat,
    desired,
    deletions: deletions.map((id) => toUuid(id)),
    peers: peers.map((peer) => {
      const [id = "", peerBeat, leaseMs, lost] = peer.split(" ");
      return {
        serverId: toUuid(id),
        beat: Number(peerBeat),
        leaseMs: Number(leaseMs),
        lost: lost === "1",
      };
    }),
  };
}
