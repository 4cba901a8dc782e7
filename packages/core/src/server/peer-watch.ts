import type { HeartbeatReply } from "../storage/job-servers.ts";

type Peer = HeartbeatReply["peers"][number];

interface Watched {
  beat: number;
  /** How long the beat stood still while this watcher was in contact with the storage, in milliseconds. */
  stoodMs: number;
  lastSeenMs: number;
}

/** A job server that may be recovered: its beat, to be compared once more by the storage. */
export interface DeadPeer {
  readonly serverId: string;
  readonly beat: number;
}

/**
 * Decides which other job servers are dead. A server counts as dead when this watcher itself saw its beat counter stand still
 * for one lease, in looks that were never further apart than half a lease; a longer gap (this process was frozen, the storage
 * out of reach) starts the count anew. No clock of another machine takes part.
 */
export class PeerWatch {
  readonly #watched = new Map<string, Watched>();

  /**
   * Takes in what a heartbeat told.
   * @param nowMs This process's monotonic time.
   * @returns Servers to recover now, and when to look again at the most suspect one (`null`: none stands still).
   */
  observe(
    peers: readonly Peer[],
    nowMs: number,
  ): { readonly dead: readonly DeadPeer[]; readonly lookInMs: number | null } {
    const dead: DeadPeer[] = [];
    let lookInMs: number | null = null;
    const seen = new Set<string>();
    for (const peer of peers) {
      seen.add(peer.serverId);
      if (peer.lost) {
        dead.push({ serverId: peer.serverId, beat: peer.beat });
        continue;
      }
      const stoodMs = this.#stoodMs(peer, nowMs);
      if (stoodMs !== null && stoodMs >= peer.leaseMs) {
        dead.push({ serverId: peer.serverId, beat: peer.beat });
      } else if (stoodMs !== null) {
        // Often enough for the looks to count, also where this server's own beats are further apart.
        const nextMs = Math.min(peer.leaseMs - stoodMs, peer.leaseMs / 3);
        lookInMs = lookInMs === null ? nextMs : Math.min(lookInMs, nextMs);
      }
    }
    for (const serverId of this.#watched.keys()) {
      if (!seen.has(serverId)) this.#watched.delete(serverId);
    }
    return { dead, lookInMs };
  }

  /** `null`: it moved, or was not seen before. */
  #stoodMs(peer: Peer, nowMs: number): number | null {
    const before = this.#watched.get(peer.serverId);
    if (before === undefined || before.beat !== peer.beat) {
      this.#watched.set(peer.serverId, { beat: peer.beat, stoodMs: 0, lastSeenMs: nowMs });
      return null;
    }
    const gapMs = nowMs - before.lastSeenMs;
    before.stoodMs = gapMs > peer.leaseMs / 2 ? 0 : before.stoodMs + gapMs;
    before.lastSeenMs = nowMs;
    return before.stoodMs;
  }
}
