import type { ClaimRequest } from "@revojs/core";

/** Claims must have been full for so many jobs in a row before floors are worth their bookkeeping. */
const DEEP = 2000;
const BANDS = 10;
const SHORTEST_SWEEP_PAUSE_MS = 1000;
/** Sweeps may take one part in so many of the time. */
const SWEEP_SHARE = 20;

/** One queue while its claims are full. */
interface Depth {
  /** Jobs given so far. */
  given: number;
  /** For each band the time of the last job claimed, in microseconds since 1970. */
  floorsUs: (number | null)[];
  nextSweepAtMs: number;
  /** Counts sweeps: what was claimed under older floors says nothing about those found by a sweep. */
  sweeps: number;
}

/** What one claim was sent with. */
export interface FlooredClaim {
  /** Ten for each queue, or `null`: all from the first job on. */
  readonly floorsUs: readonly (number | null)[] | null;
  readonly sentAtMs: number;
  /** For each queue whether it begins at the front, and which sweep was the last when it was sent. */
  readonly queues: readonly { readonly isFromFront: boolean; readonly sweeps: number }[];
}

/** A job as far as its place in a queue goes. */
export interface PlacedJob {
  readonly queue: string;
  readonly priority: number;
  /** In microseconds since 1970, at most a few early. */
  readonly enqueuedAtUs: number;
}

/**
 * Spares claims the entries of jobs that were claimed before. While a queue is emptied, its index begins with more and more
 * dead entries, which only a vacuum removes, and not even that while an old snapshot is open. So behind a deep backlog a claim
 * begins where the last one ended, band by band. Now and then one begins at the front again and finds what came there
 * meanwhile: jobs given back by other processes, or committed late. A claim that comes short begins there at once.
 */
export class ClaimFloors {
  readonly #depths = new Map<string, Depth>();

  /** The floors to claim with now. */
  before({ queues }: ClaimRequest): FlooredClaim {
    const sentAtMs = performance.now();
    const sent = queues.map(({ queue }) => {
      const depth = this.#depths.get(queue);
      if (depth === undefined || depth.given < DEEP) {
        return { isFromFront: true, sweeps: depth?.sweeps ?? 0, floorsUs: NO_FLOORS };
      }
      const isFromFront = depth.nextSweepAtMs <= sentAtMs;
      if (isFromFront) {
        // One at a time: a claim beside a sweep need not look there, too.
        depth.nextSweepAtMs = Number.POSITIVE_INFINITY;
        depth.sweeps++;
      }
      const floorsUs: readonly (number | null)[] = isFromFront ? NO_FLOORS : depth.floorsUs;
      return { isFromFront, sweeps: depth.sweeps, floorsUs };
    });
    const isAny = sent.some(({ isFromFront }) => !isFromFront);
    return {
      floorsUs: isAny ? sent.flatMap(({ floorsUs }): readonly (number | null)[] => floorsUs) : null,
      sentAtMs,
      queues: sent,
    };
  }

  /** Learns from what the claim gave, in order of claim. */
  after(request: ClaimRequest, claim: FlooredClaim, jobs: readonly PlacedJob[]): void {
    let first = 0;
    for (const [place, { queue, limit }] of request.queues.entries()) {
      const wanted = Math.min(limit, request.limit - first);
      if (wanted <= 0) return;
      let end = first;
      while (jobs[end]?.queue === queue) end++;
      if (end - first < wanted) this.#depths.delete(queue);
      else this.#deepen(queue, { claim, place, jobs: jobs.slice(first, end) });
      first = end;
    }
  }

  /** Something may have come before the floors. */
  reset(): void {
    this.#depths.clear();
  }

  #deepen(
    queue: string,
    part: {
      readonly claim: FlooredClaim;
      readonly place: number;
      readonly jobs: readonly PlacedJob[];
    },
  ): void {
    const { claim, place, jobs } = part;
    const depth = this.#depths.get(queue) ?? newDepth(claim.sentAtMs);
    this.#depths.set(queue, depth);
    depth.given += jobs.length;
    const { isFromFront, sweeps } = claim.queues[place] ?? { isFromFront: true, sweeps: -1 };
    if (sweeps !== depth.sweeps) return;
    const isSweep = isFromFront && depth.nextSweepAtMs === Number.POSITIVE_INFINITY;
    if (isSweep) {
      const nowMs = performance.now();
      const pauseMs = Math.max(SHORTEST_SWEEP_PAUSE_MS, (nowMs - claim.sentAtMs) * SWEEP_SHARE);
      depth.nextSweepAtMs = nowMs + pauseMs;
    }
    for (const { priority, enqueuedAtUs } of jobs) {
      // What a sweep found may lie before the floor: the next claims go on from there.
      const before = isSweep ? 0 : (depth.floorsUs[priority] ?? 0);
      depth.floorsUs[priority] = Math.max(before, enqueuedAtUs);
    }
  }
}

const NO_FLOORS: readonly null[] = new Array<null>(BANDS).fill(null);

function newDepth(nowMs: number): Depth {
  return {
    given: 0,
    floorsUs: [...NO_FLOORS],
    nextSweepAtMs: nowMs + SHORTEST_SWEEP_PAUSE_MS,
    sweeps: 0,
  };
}
