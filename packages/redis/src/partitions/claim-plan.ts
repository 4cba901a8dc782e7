import type { ClaimRequest } from "@revojs/core";

/** A waiting job, as a look ahead tells it. */
export interface WaitingJob {
  readonly band: number;
  /** Short form. */
  readonly id: string;
  readonly enqueuedAtMs: number;
  readonly bytes: number;
}

/** What one partition has of one queue. */
export interface QueueOutlook {
  /** Until the end of its pause in ms; `Infinity`: no end; `null`: not paused. */
  readonly pauseEndsInMs: number | null;
  /** How many wait; those that are paused, too. */
  readonly waiting: number;
  /** The first of them, in order. */
  readonly first: readonly WaitingJob[];
}

/** What one partition has, queue by queue in the order of the claim. */
export interface Outlook {
  readonly isHeld: boolean;
  readonly untilDueMs: number | null;
  readonly queues: readonly QueueOutlook[];
}

/** How much to claim of which queue in which partition. */
export interface ClaimPlan {
  /** By partition, then by queue. */
  readonly limits: readonly (readonly number[])[];
  /** The last band of which the claim takes, by queue: whoever finds less there than was planned must not go on to the next. */
  readonly lastBands: readonly number[];
  /** Place of each job in the order of the whole claim, by its short id. */
  readonly places: ReadonlyMap<string, number>;
  /** There may be more to claim at once, but what comes first is not known. */
  readonly isCutShort: boolean;
  /** Jobs that are left in the queues. */
  readonly left: number;
}

/** How many jobs each partition is to tell of: more than its fair share, so that claims are seldom cut short for want of knowledge. */
export function sampleSize({ limit, queues }: ClaimRequest, partitions: number): number {
  const want = Math.min(
    limit,
    queues.reduce((sum, queue) => sum + queue.limit, 0),
  );
  if (want <= 20) return want;
  const share = Math.ceil(want / partitions);
  return Math.min(want, share + 3 * Math.ceil(Math.sqrt(share)) + 10);
}

/**
 * Which jobs are the first over all partitions: queues as listed, within a queue by band, time and id. Stops where the next one
 * is not known, so that no job is claimed before one that goes first.
 */
export function planClaim(outlooks: readonly Outlook[], claim: ClaimRequest): ClaimPlan {
  const limits = outlooks.map(() => claim.queues.map(() => 0));
  const lastBands = claim.queues.map(() => 0);
  const places = new Map<string, number>();
  let [bytes, waiting, isCutShort] = [0, 0, false];
  for (const [at, { limit }] of claim.queues.entries()) {
    const lines = outlooks.map(({ queues }) => new Line(queues[at]));
    waiting += lines.reduce((sum, line) => sum + line.waiting, 0);
    for (let taken = 0; taken < limit && places.size < claim.limit && !isCutShort; taken++) {
      const line = firstOf(lines);
      if (line === "unknown") isCutShort = true;
      if (typeof line !== "object") break;
      const job = line.next as WaitingJob;
      if (places.size > 0 && bytes + job.bytes > claim.maxBytes) {
        isCutShort = true;
        break;
      }
      bytes += job.bytes;
      places.set(job.id, places.size);
      const ofPartition = limits[lines.indexOf(line)] ?? [];
      ofPartition[at] = (ofPartition[at] ?? 0) + 1;
      lastBands[at] = job.band;
      line.take();
    }
  }
  return { limits, lastBands, places, isCutShort, left: waiting - places.size };
}

/** The known jobs of a queue in one partition. */
class Line {
  readonly waiting: number;
  readonly #first: readonly WaitingJob[];
  #taken = 0;

  constructor(queue: QueueOutlook | undefined) {
    const isOpen = queue !== undefined && queue.pauseEndsInMs === null;
    this.waiting = isOpen ? queue.waiting : 0;
    this.#first = isOpen ? queue.first : [];
  }

  get next(): WaitingJob | undefined {
    return this.#first[this.#taken];
  }

  /** There are further jobs, but which is next was not told. */
  get isUnknown(): boolean {
    return this.next === undefined && this.#taken < this.waiting;
  }

  take(): void {
    this.#taken++;
  }
}

function firstOf(lines: readonly Line[]): Line | "unknown" | undefined {
  let first: Line | undefined;
  for (const line of lines) {
    if (line.isUnknown) return "unknown";
    if (line.next !== undefined && (first?.next === undefined || isBefore(line.next, first.next)))
      first = line;
  }
  return first;
}

function isBefore(one: WaitingJob, other: WaitingJob): boolean {
  if (one.band !== other.band) return one.band < other.band;
  if (one.enqueuedAtMs !== other.enqueuedAtMs) return one.enqueuedAtMs < other.enqueuedAtMs;
  return one.id < other.id;
}
