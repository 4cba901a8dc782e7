import { describe, expect, it } from "vitest";
import { PeerWatch } from "../../src/server/peer-watch.ts";

const LEASE_MS = 15_000;

interface Peer {
  readonly serverId: string;
  readonly beat: number;
  readonly leaseMs: number;
  readonly lost: boolean;
}

const peer = (beat: number, parts: Partial<Peer> = {}): Peer => ({
  serverId: "b",
  beat,
  leaseMs: LEASE_MS,
  lost: false,
  ...parts,
});

/** Looks at one peer with a beat that stands still, at these times; when it is found dead. */
function deadAt(looksMs: readonly number[], beatAt: (ms: number) => number = () => 7): number {
  const watch = new PeerWatch();
  for (const atMs of looksMs) {
    if (watch.observe([peer(beatAt(atMs))], atMs).dead.length > 0) return atMs;
  }
  return Number.POSITIVE_INFINITY;
}

describe("PeerWatch", () => {
  it("finds a server dead whose beat stood still for one lease before its own eyes", () => {
    const atMs = deadAt([0, 5_000, 10_000, 14_999, 15_000]);

    expect(atMs).toBe(15_000);
  });

  it("never finds a server dead whose beat moves, however slowly", () => {
    const looksMs = Array.from({ length: 100 }, (_, i) => i * 5_000);

    const atMs = deadAt(looksMs, (ms) => Math.floor(ms / 10_000));

    expect(atMs).toBe(Number.POSITIVE_INFINITY);
  });

  it("tells the beat that stood still, for the storage to compare once more", () => {
    const watch = new PeerWatch();

    watch.observe([peer(41)], 0);
    for (const atMs of [7_000, 14_000]) watch.observe([peer(42)], atMs);
    const { dead } = watch.observe([peer(42)], 21_000);
    const later = watch.observe([peer(42)], 23_000);

    expect(dead).toEqual([]);
    expect(later.dead).toEqual([{ serverId: "b", beat: 42 }]);
  });

  it("counts anew after a gap longer than half a lease, in which it may have been frozen itself", () => {
    const atMs = deadAt([0, 7_000, 14_000, 21_501, 28_000, 35_000, 36_501]);

    expect(atMs).toBe(36_501);
  });

  it("tolerates a gap of exactly half a lease", () => {
    const atMs = deadAt([0, 7_500, 15_000]);

    expect(atMs).toBe(15_000);
  });

  it("takes a lost server for dead at once", () => {
    const { dead } = new PeerWatch().observe([peer(3, { lost: true })], 0);

    expect(dead).toEqual([{ serverId: "b", beat: 3 }]);
  });

  it("judges each server by its own lease", () => {
    const watch = new PeerWatch();
    const peers = [peer(1, { serverId: "short", leaseMs: 4_000 }), peer(1, { serverId: "long" })];

    watch.observe(peers, 0);
    watch.observe(peers, 2_000);
    const { dead } = watch.observe(peers, 4_000);

    expect(dead.map(({ serverId }) => serverId)).toEqual(["short"]);
  });

  it("forgets a server that is told of no more", () => {
    const watch = new PeerWatch();

    watch.observe([peer(1)], 0);
    watch.observe([peer(1)], 7_000);
    watch.observe([], 8_000);
    watch.observe([peer(1)], 9_000);
    const { dead } = watch.observe([peer(1)], 16_000);

    expect(dead).toEqual([]);
  });

  it("asks for no look beyond the next beat while every server moves", () => {
    const watch = new PeerWatch();

    watch.observe([peer(1)], 0);
    const { lookInMs } = watch.observe([peer(2)], 5_000);

    expect(lookInMs).toBeNull();
  });

  it("asks to look again when a server that stands still will be dead", () => {
    const watch = new PeerWatch();

    for (const atMs of [0, 7_000]) watch.observe([peer(1)], atMs);
    const { lookInMs } = watch.observe([peer(1)], 14_000);

    expect(lookInMs).toBe(1_000);
  });

  it("finds a server with a short lease dead also where its own beats are further apart than that lease", () => {
    const watch = new PeerWatch();
    const short = peer(1, { leaseMs: 6_000 });
    let nowMs = 0;

    const looks: number[] = [];
    for (let dead = false; !dead && looks.length < 20; ) {
      looks.push(nowMs);
      const seen = watch.observe([short], nowMs);
      dead = seen.dead.length > 0;
      nowMs += Math.min(20_000, seen.lookInMs ?? 20_000);
    }

    expect(looks.at(-1)).toBeLessThanOrEqual(20_000 + 6_000 + 2_000);
  });
});
