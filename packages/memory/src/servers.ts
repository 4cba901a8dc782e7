import type { HeartbeatReply, HeartbeatRequest, ServerRegistration } from "@revojs/core";
import { cutOff } from "./exchange.ts";
import type { JobServer } from "./job-entry.ts";
import type { Store } from "./store.ts";

/** Most deletions that one heartbeat tells. */
const MOST_DELETIONS = 1000;

/** Makes a job server known; a known one stays as it is. */
export function register(store: Store, registration: ServerRegistration): HeartbeatReply {
  const nowMs = store.nowMs();
  const known = store.servers.get(registration.serverId);
  if (known?.crashed) throw cutOff(known.id);
  return reply(store, known ?? store.servers.add(registration, nowMs), { peers: 0, nowMs });
}

/** Counts one beat of a living server. */
export function heartbeat(store: Store, request: HeartbeatRequest): HeartbeatReply {
  const nowMs = store.nowMs();
  const server = store.servers.get(request.serverId);
  if (server === undefined) return replyToUnknown(store, nowMs);
  if (server.crashed) throw cutOff(server.id);
  if (!server.lost) {
    server.beat++;
    server.beatAtMs = nowMs;
    if (request.info !== undefined) server.info = request.info;
  }
  return reply(store, server, { peers: request.peers, nowMs });
}

/** Lost at once: what it still holds is anybody's to recover. One that holds nothing is forgotten. */
export function unregister(store: Store, serverId: string): void {
  const server = store.servers.get(serverId);
  if (server?.crashed) throw cutOff(serverId);
  if (server === undefined) return;
  loseServer(store, server);
  if (server.held.size === 0) store.servers.remove(server.id);
}

/** From here on no claim of this server succeeds. */
export function loseServer(store: Store, server: JobServer): void {
  server.lost = true;
  store.sleepers.sated(server.id);
}

function reply(
  store: Store,
  server: JobServer,
  { peers, nowMs }: { readonly peers: number; readonly nowMs: number },
): HeartbeatReply {
  return {
    lease: server.lost ? "lost" : "held",
    storageId: store.settings.storageId,
    storageNow: new Date(nowMs),
    beat: server.beat,
    desired: server.desired,
    deletions: deletionsOf(server),
    peers: store.servers
      .after(server.id, peers)
      .map(({ id, beat, leaseMs, lost }) => ({ serverId: id, beat, leaseMs, lost })),
  };
}

function replyToUnknown(store: Store, nowMs: number): HeartbeatReply {
  return {
    lease: "lost",
    storageId: store.settings.storageId,
    storageNow: new Date(nowMs),
    beat: 0,
    desired: "run",
    deletions: [],
    peers: [],
  };
}

function deletionsOf(server: JobServer): readonly string[] {
  const ids = Array.from(server.marked, (entry) => entry.id);
  return ids.toSorted().slice(0, MOST_DELETIONS);
}
