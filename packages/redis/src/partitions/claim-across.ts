import type { ClaimedJob, ClaimRequest, ExchangeReply } from "@revojs/core";
import { exchange } from "../exchange.ts";
import { toShortId } from "../job-ids.ts";
import { defineScript } from "../script.ts";
import { HUNGER_FOR, LOOK_AHEAD } from "../scripts/partition-claims.ts";
import type { Store } from "../store.ts";
import {
  type ClaimPlan,
  type Outlook,
  planClaim,
  type QueueOutlook,
  sampleSize,
} from "./claim-plan.ts";
import type { HungryServers } from "./hungry-servers.ts";
import type { Partitions } from "./partitions.ts";
import { promoteAcross } from "./promote-across.ts";
import { after, together } from "./together.ts";

type Reply = readonly [holds: number, untilDueMs: number, ...(readonly (string | number)[])[]];
type ClaimReply = Omit<ExchangeReply, "settled">;

const lookScript = defineScript<Reply>("look-ahead", "writes", LOOK_AHEAD);
const hungerScript = defineScript<number>("hunger-for", "writes", HUNGER_FOR);

/** Of a claim for which there seems to be something, of which others take all. */
const MOST_ROUNDS = 3;

interface Claiming {
  readonly serverId: string;
  readonly claim: ClaimRequest;
  readonly repeat: boolean;
}

/**
 * Claims the first jobs over all partitions. It looks at each one's first jobs, decides which are the first of all, then claims
 * these where they are, all partitions at once. Who claims at the same time may take some of them: the claim is then short, and
 * says so.
 */
export async function claimAcross(
  partitions: Partitions,
  hungry: HungryServers,
  claiming: Claiming,
): Promise<ClaimReply> {
  const { repeat } = claiming;
  if (repeat) {
    const jobs = await leasedBefore(partitions, claiming);
    if (jobs.length > 0) return { jobs, lease: "held", nextClaimInMs: 0 };
  }
  for (let round = 1; ; round++) {
    const reply = await claimOnce(partitions, hungry, claiming);
    // Something came between the look and the mark: nobody will be woken for it, so it is claimed now.
    const isMissed = reply.jobs.length === 0 && reply.nextClaimInMs === 0;
    if (!isMissed || round === MOST_ROUNDS) return reply;
  }
}

async function claimOnce(
  partitions: Partitions,
  hungry: HungryServers,
  claiming: Claiming,
): Promise<ClaimReply> {
  const { claim } = claiming;
  let outlooks = await lookAhead(partitions, claiming);
  if (claim.promoteLimit > 0 && outlooks.some(({ untilDueMs }) => untilDueMs === 0)) {
    await promoteAcross(partitions, claim.promoteLimit);
    outlooks = await after(lookAhead(partitions, claiming));
  }
  if (outlooks.some(({ isHeld }) => !isHeld)) {
    return { jobs: [], lease: "lost", nextClaimInMs: untilMore(outlooks) };
  }
  const plan = planClaim(outlooks, claim);
  const replies = await together("writes", callsOf(partitions, plan, claiming));
  const jobs = inOrder(replies, plan);
  const lease = replies.some((reply) => reply.lease === "lost") ? "lost" : "held";
  const isShort = !plan.isCutShort && plan.places.size < claim.limit;
  const untilHungryMs = await after(noteHunger(partitions, hungry, { ...claiming, isShort }));
  const isIncomplete = plan.isCutShort || jobs.length < plan.places.size;
  const untilMoreMs = plan.left > 0 ? 0 : untilMore(outlooks);
  return { jobs, lease, nextClaimInMs: isIncomplete ? 0 : isShort ? untilHungryMs : untilMoreMs };
}

async function lookAhead(
  partitions: Partitions,
  { serverId, claim }: Claiming,
): Promise<readonly Outlook[]> {
  const queues = claim.queues.flatMap(({ queue, limit }) => [queue, limit]);
  const values = [toShortId(serverId), sampleSize(claim, partitions.count), ...queues];
  const replies = await together(
    "reads",
    partitions.stores.map((store) => store.run(lookScript, values)),
  );
  return replies.map(([holds, untilDueMs, ...told]) => ({
    isHeld: holds === 1,
    untilDueMs: untilDueMs < 0 ? null : untilDueMs,
    queues: told.map(toQueueOutlook),
  }));
}

function toQueueOutlook([pause, waiting, ...flat]: readonly (string | number)[]): QueueOutlook {
  const pauseMs = Number(pause);
  return {
    pauseEndsInMs: pauseMs === -1 ? null : pauseMs === -2 ? Infinity : pauseMs,
    waiting: Number(waiting),
    first: Array.from({ length: flat.length / 4 }, (_, index) => ({
      band: Number(flat[4 * index]),
      id: String(flat[4 * index + 1]),
      enqueuedAtMs: Number(flat[4 * index + 2]),
      bytes: Number(flat[4 * index + 3]),
    })),
  };
}

interface PlannedClaim {
  readonly partition: number;
  readonly store: Store;
  readonly claim: ClaimRequest;
  readonly lastBands: readonly number[];
}

function* plannedClaims(
  partitions: Partitions,
  plan: ClaimPlan,
  claim: ClaimRequest,
): Generator<PlannedClaim> {
  for (const [partition, store] of partitions.stores.entries()) {
    const limits = plan.limits[partition] ?? [];
    const taken = claim.queues.flatMap(({ queue }, at) => {
      const limit = limits[at] ?? 0;
      return limit > 0 ? [{ queue, limit, lastBand: plan.lastBands[at] ?? 9 }] : [];
    });
    const limit = limits.reduce((sum, each) => sum + each, 0);
    // What is due was promoted already, in the order of all partitions.
    if (limit > 0) {
      const queues = taken.map((each) => ({ queue: each.queue, limit: each.limit }));
      yield {
        partition,
        store,
        claim: { ...claim, queues, limit, promoteLimit: 0 },
        lastBands: taken.map(({ lastBand }) => lastBand),
      };
    }
  }
}

function callsOf(
  partitions: Partitions,
  plan: ClaimPlan,
  { serverId, claim }: Claiming,
): readonly Promise<ExchangeReply>[] {
  return Array.from(plannedClaims(partitions, plan, claim), async (own) =>
    locatedIn(
      own.partition,
      await exchange(own.store, { serverId, settle: [], claim: own.claim }, own.lastBands),
    ),
  );
}

/** Times of one call may differ by thousandths of a millisecond; what is told of them has none. */
function locatedIn(partition: number, reply: ExchangeReply): ExchangeReply {
  const jobs = reply.jobs.map((job) => ({
    ...job,
    waitedMs: Math.floor(job.waitedMs),
    locator: String(partition),
  }));
  return { ...reply, jobs };
}

function inOrder(replies: readonly ExchangeReply[], plan: ClaimPlan): readonly ClaimedJob[] {
  const jobs = replies.flatMap((reply) => reply.jobs);
  const placeOf = (job: ClaimedJob): number => plan.places.get(toShortId(job.id)) ?? Infinity;
  const placed = jobs.map((job) => ({ job, place: placeOf(job) }));
  return placed
    .toSorted((one, other) => (one.place < other.place ? -1 : Number(one.place > other.place)))
    .map(({ job }) => job);
}

/** Jobs that this token has leased already: a claim of nothing, repeated, tells them. */
async function leasedBefore(
  partitions: Partitions,
  { serverId, claim }: Claiming,
): Promise<readonly ClaimedJob[]> {
  const nothing = { ...claim, limit: 0, promoteLimit: 0 };
  const replies = await together(
    "reads",
    partitions.stores.map(async (store, partition) =>
      locatedIn(
        partition,
        await exchange(store, { serverId, settle: [], claim: nothing, repeat: true }),
      ),
    ),
  );
  return replies.flatMap((reply) => reply.jobs);
}

/**
 * A server whose claim came short is marked in every partition, in the same step in which that one has nothing to give: so no job
 * comes unnoticed. A full claim clears the marks. Answers when there may be more.
 */
async function noteHunger(
  partitions: Partitions,
  hungry: HungryServers,
  { serverId, claim, isShort }: Claiming & { readonly isShort: boolean },
): Promise<number | null> {
  if (!isShort && !hungry.has(serverId)) return null;
  const queues = isShort ? claim.queues.map(({ queue }) => queue) : [];
  if (isShort) hungry.add(serverId);
  else hungry.delete(serverId);
  const values = [toShortId(serverId), ...queues];
  const replies = await together(
    "writes",
    partitions.stores.map((store) => store.run(hungerScript, values)),
  );
  return least(replies.map((untilMs) => (untilMs < 0 ? null : untilMs)));
}

/** Until the next job is due or a pause ends. */
function untilMore(outlooks: readonly Outlook[]): number | null {
  return least(
    outlooks.flatMap(({ untilDueMs, queues }) => [
      untilDueMs,
      ...queues.map(({ pauseEndsInMs }) => pauseEndsInMs),
    ]),
  );
}

function least(times: readonly (number | null)[]): number | null {
  const known = times.filter((time) => time !== null && time !== Infinity);
  return known.length === 0 ? null : Math.min(...(known as readonly number[]));
}
