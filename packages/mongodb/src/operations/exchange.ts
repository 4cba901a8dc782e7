import type { ClaimRequest, ExchangeReply, ExchangeRequest, Settlement } from "@revojs/core";
import { Long } from "mongodb";
import { allDone } from "../all-done.ts";
import type { CallProgress } from "../call.ts";
import { CLAIM_PROJECTION, toClaimedJob } from "../claimed-job.ts";
import { BY_ID } from "../collections.ts";
import { serverKey } from "../control-ids.ts";
import { toStoredId } from "../ids.ts";
import type { HungerChange } from "../hunger-book.ts";
import type { Store } from "../store.ts";
import { type Candidates, readWindow } from "./candidates.ts";
import { type Claim, claimBatch, type ClaimFor } from "./claim.ts";
import { claimOne } from "./claim-one.ts";
import { look, type Look } from "./look.ts";
import { promoteDue } from "./promote.ts";
import { releaseStrays } from "./release-strays.ts";
import { settle } from "./settle.ts";

/**
 * Settles and claims side by side: the trips of one overlap with those of the other. A job settled here is not claimed here,
 * unless by chance.
 */
export async function exchange(
  store: Store,
  request: ExchangeRequest,
  progress: CallProgress,
): Promise<ExchangeReply> {
  const nowMs = await store.serverClock.nowMs();
  const { serverId, claim } = request;
  const repeat = request.repeat === true;
  const queues = claim?.queues.map(({ queue }) => queue) ?? [];
  const released = releasedQueues(store, request.settle);
  const looking = look(store, serverId, { queues, nowMs });
  const window =
    claim === undefined || isForOne(claim) || repeat || progress.again
      ? undefined
      : readWindow(store, claim);
  // Whichever of them fails first is thrown; the others must not be left as unhandled.
  for (const promise of [looking, window]) promise?.catch(() => {});
  await markStarting(store, request.starting ?? [], progress);
  const strays = store.doubts.toLookAt(serverId);
  const [settled, reply] = await allDone([
    settle(store, request.settle, { nowMs, progress, repeat }),
    claimAfter(store, { request, looking, window, nowMs, progress }),
    strays.length === 0 ? Promise.resolve(0) : releaseStrays(store, serverId, strays, nowMs),
  ]);
  if (released.length > 0)
    await store.wakeSender.onFed(released, claim === undefined ? {} : { except: serverId });
  return { settled, ...reply };
}

/** Find and update in one command, where there is one queue to find in. */
function isForOne({ limit, queues }: Pick<ClaimRequest, "limit" | "queues">): boolean {
  return limit === 1 && queues.length === 1;
}

interface Claiming {
  readonly request: ExchangeRequest;
  readonly looking: Promise<Look>;
  readonly window: ReturnType<typeof readWindow> | undefined;
  readonly nowMs: number;
  readonly progress: CallProgress;
}

async function claimAfter(
  store: Store,
  { request, looking, window, nowMs, progress }: Claiming,
): Promise<Omit<ExchangeReply, "settled">> {
  const { serverId, claim } = request;
  const seen = await looking;
  const lease = seen.isHeld ? "held" : "lost";
  if (!seen.isHeld) {
    store.leases.forgetServer(serverId);
    store.hunger.forget(serverId);
  }
  if (claim === undefined || !seen.isHeld)
    return { jobs: [], lease, nextClaimInMs: untilMs(seen.nextDueMs, nowMs) };
  const leased =
    request.repeat === true || progress.again
      ? await leasedUnder(store, claim, { serverId, nowMs })
      : [];
  if (leased.length > 0) {
    store.doubts.deliver(claim.token, serverId, idsOf(leased));
    return { jobs: leased, lease, nextClaimInMs: 0 };
  }
  const isDue = seen.nextDueMs !== undefined && seen.nextDueMs <= nowMs;
  const promotion =
    isDue && claim.promoteLimit > 0
      ? await promoteDue(store, claim.promoteLimit, { nowMs, progress })
      : { promoted: 0, nextDueMs: seen.nextDueMs };
  const queues = claim.queues.filter(({ queue }) => !seen.paused.has(queue));
  const isStale = promotion.promoted > 0 || queues.length < claim.queues.length;
  const first = isStale ? undefined : await window;
  const given = await take(store, claim, { serverId, nowMs, progress, queues }, first);
  await noteHunger(store, claim, { serverId, given });
  return {
    jobs: given.jobs,
    lease,
    nextClaimInMs: untilMore(claim, { given, seen, nextDueMs: promotion.nextDueMs, nowMs }),
  };
}

async function take(
  store: Store,
  claim: ClaimRequest,
  parts: ClaimFor,
  first: Candidates | undefined,
): Promise<Claim> {
  const isFirstTry = store.doubts.begin(claim.token);
  const given = isForOne({ limit: claim.limit, queues: parts.queues })
    ? await claimOne(store, claim, parts)
    : await claimBatch(store, claim, parts, first);
  // An answer that comes too late is thrown away: what it leased was given to nobody.
  if (parts.progress.isAbandoned) return given;
  if (isFirstTry) store.doubts.end(claim.token);
  else store.doubts.deliver(claim.token, parts.serverId, idsOf(given.jobs));
  return given;
}

function idsOf(jobs: ExchangeReply["jobs"]): readonly string[] {
  return jobs.map(({ id }) => id);
}

/** The jobs of an earlier claim under the same token, whose reply was lost. */
async function leasedUnder(
  store: Store,
  { token, limit }: ClaimRequest,
  { serverId, nowMs }: { readonly serverId: string; readonly nowMs: number },
): Promise<ExchangeReply["jobs"]> {
  const held = await store.jobs
    .find(
      { state: "processing", server: serverId, token: Long.fromString(token) },
      { projection: CLAIM_PROJECTION, sort: { priority: 1, order: 1 }, batchSize: limit + 1 },
    )
    .toArray();
  return held.map((document) => toClaimedJob(document, document.attempt, nowMs));
}

/** Fenced like a settlement. */
async function markStarting(
  store: Store,
  starting: NonNullable<ExchangeRequest["starting"]>,
  progress: CallProgress,
): Promise<void> {
  const marks = starting.flatMap(({ jobId, token }) => {
    const _id = toStoredId(jobId);
    store.leases.complicate(token, jobId);
    if (_id === undefined) return [];
    return [
      {
        updateOne: {
          filter: { _id, state: "processing" as const, token: Long.fromString(token) },
          update: { $set: { starting: true as const }, $inc: { rev: 1 } },
          hint: BY_ID,
        },
      },
    ];
  });
  if (marks.length === 0) return;
  progress.writing();
  await store.jobs.bulkWrite(marks, { ordered: false, writeConcern: store.concerns.safe });
}

/** Queues into which this request puts jobs back: others may be waiting for them. */
function releasedQueues(store: Store, settlements: readonly Settlement[]): readonly string[] {
  const queues = new Set<string>();
  for (const { outcome, token, jobId } of settlements) {
    if ((outcome.kind !== "release" && outcome.kind !== "retry") || outcome.delayMs > 0) continue;
    const queue = store.leases.queueOf(token, jobId);
    if (queue !== undefined) queues.add(queue);
  }
  return [...queues];
}

/** Until a claim of the same queues may give more without an enqueue. */
function untilMore(
  claim: ClaimRequest,
  {
    given,
    seen,
    nextDueMs,
    nowMs,
  }: {
    readonly given: Claim;
    readonly seen: Look;
    readonly nextDueMs: number | undefined;
    readonly nowMs: number;
  },
): number | null {
  if (given.cutShort || given.withMore.size > 0) return 0;
  const ends = claim.queues.flatMap(({ queue }) => seen.paused.get(queue) ?? []);
  const next = Math.min(nextDueMs ?? Infinity, ...ends);
  return next === Infinity ? null : untilMs(next, nowMs);
}

function untilMs(instantMs: number | undefined, nowMs: number): number | null {
  return instantMs === undefined ? null : Math.max(0, Math.ceil(instantMs - nowMs));
}

/**
 * A short claim leaves the server hungry for the queues that had too little. One that was hungry and got its fill passes the
 * wake on when it left some: an enqueue wakes a few only, and the others must not sleep beside work.
 */
async function noteHunger(
  store: Store,
  claim: ClaimRequest,
  { serverId, given }: { readonly serverId: string; readonly given: Claim },
): Promise<void> {
  if (given.jobs.length < claim.limit && !given.cutShort) {
    const short = claim.queues.flatMap(({ queue }) => (given.withMore.has(queue) ? [] : [queue]));
    await writeHunger(store, serverId, store.hunger.short(serverId, short));
    return;
  }
  if (store.hunger.isHungry(serverId) && given.withMore.size > 0)
    await store.wakeSender.onFed([...given.withMore], { except: serverId });
  await writeHunger(store, serverId, store.hunger.full(serverId));
}

async function writeHunger(
  store: Store,
  serverId: string,
  change: HungerChange | undefined,
): Promise<void> {
  if (change === undefined) return;
  const update =
    change.hungry === null
      ? { $unset: { hungry: "" as const } }
      : { $set: { hungry: change.hungry } };
  await store.servers.updateOne({ _id: serverKey(serverId) }, update, {
    writeConcern: store.concerns.quick,
  });
}
