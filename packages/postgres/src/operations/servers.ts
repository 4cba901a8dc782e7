import type {
  HeartbeatReply,
  HeartbeatRequest,
  JobId,
  RecoverReply,
  RecoverRequest,
  ServerRegistration,
} from "@revojs/core";
import { type Connections, jsonOf, write } from "../connections.ts";
import { DESIRES } from "../states.ts";

/** As the functions answer it. */
interface StoredReply {
  readonly lease: "held" | "lost";
  readonly storageId: string;
  readonly now: number;
  readonly beat: number;
  readonly desired: number;
  readonly deletions: readonly JobId[];
  readonly peers: HeartbeatReply["peers"];
}

export async function register(
  { beats, names }: Connections,
  { serverId, leaseMs, info }: ServerRegistration,
): Promise<HeartbeatReply> {
  const rows = await beats.run({
    name: "revo_register",
    text: `select ${names.schema}.register($1,$2,$3)`,
    values: [serverId, leaseMs, info],
    writes: true,
  });
  return toHeartbeatReply(jsonOf(rows) as StoredReply);
}

export async function heartbeat(
  { beats, names }: Connections,
  { serverId, info, peers }: HeartbeatRequest,
): Promise<HeartbeatReply> {
  const rows = await beats.run({
    name: "revo_heartbeat",
    text: `select ${names.schema}.heartbeat($1,$2,$3)`,
    values: [serverId, info ?? null, peers],
    writes: true,
  });
  return toHeartbeatReply(jsonOf(rows) as StoredReply);
}

export async function unregister(connections: Connections, serverId: string): Promise<void> {
  await write(connections, {
    name: "revo_unregister",
    text: `select ${connections.names.schema}.unregister($1)`,
    values: [serverId],
  });
}

export async function recover(
  connections: Connections,
  request: RecoverRequest,
): Promise<RecoverReply> {
  const { serverId, beat, limit, delayMs, retainMs, error } = request;
  const rows = await write(connections, {
    name: "revo_recover",
    text: `select ${connections.names.schema}.recover($1,$2,$3,$4,$5,$6,$7)`,
    values: [serverId, beat, limit, delayMs, retainMs, error.fingerprint, error.text],
  });
  connections.floors.reset();
  return jsonOf(rows) as RecoverReply;
}

function toHeartbeatReply({ now, desired, ...reply }: StoredReply): HeartbeatReply {
  return { ...reply, storageNow: new Date(now), desired: DESIRES[desired - 1] ?? "run" };
}
