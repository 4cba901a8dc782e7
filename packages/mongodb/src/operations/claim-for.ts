import type { ClaimRequest, ExchangeReply, ExchangeRequest } from "@revojs/core";
import { Long } from "mongodb";
import type { CallProgress } from "../call.ts";
import { CLAIM_PROJECTION, toClaimedJob } from "../claimed-job.ts";
import type { Store } from "../store.ts";
import { type Candidates, readWindow } from "./candidates.ts";
import { type Claim, claimBatch, type ClaimFor } from "./claim.ts";
import { claimOne } from "./claim-one.ts";
import { glance, look, type Look } from "./look.ts";
import { noteHunger } from "./note-hunger.ts";
import { promoteDue } from "./promote.ts";

const NOTHING_THERE: Candidates = { documents: [], isPartial: false, era: 0 };

type PollFor = Pick<ClaimReading, "nowMs" | "progress"> & {
  readonly serverId: string;
  readonly claim: ClaimRequest;
};

/** What a claim reads before it knows whether it may lease anything. */
export interface ClaimReading {
  readonly looking: Promise<Look>;
  readonly window: Promise<Candidates | undefined> | undefined;
  readonly nowMs: number;
  readonly progress: CallProgress;
}

/** Sends off both reads of a claim, side by side. */
export function beginClaim(
  store: Store,
  { serverId, claim, repeat }: ExchangeRequest,
  { nowMs, progress }: Pick<ClaimReading, "nowMs" | "progress">,
): ClaimReading {
  const queues = claim?.queues.map(({ queue }) => queue) ?? [];
  const isFresh = claim !== undefined && repeat !== true && !progress.again;
  if (isFresh && store.sleepers.expectsNothing(serverId, nowMs))
    return pollFor(store, { serverId, claim, nowMs, progress });
  const looking = look(store, serverId, { queues, nowMs });
  const window = isFresh && !isForOne(claim) ? readWindow(store, claim) : undefined;
  // Whoever awaits them is told of an error; until then it must not count as unhandled.
  for (const promise of [looking, window]) promise?.catch(() => {});
  return { looking, window, nowMs, progress };
}

/** A claim that most likely finds nothing: the window is read only if there is something. */
function pollFor(store: Store, { serverId, claim, nowMs, progress }: PollFor): ClaimReading {
  const queues = claim.queues.map(({ queue }) => queue);
  const looking = glance(store, serverId, { queues, nowMs });
  const window = looking.then(({ isAnyReady }) => {
    if (!isAnyReady) return NOTHING_THERE;
    return isForOne(claim) ? undefined : readWindow(store, claim);
  });
  window.catch(() => {});
  return { looking, window, nowMs, progress };
}

/** The claim's part of an exchange. */
export async function claimFor(
  store: Store,
  request: ExchangeRequest,
  { looking, window, nowMs, progress }: ClaimReading,
): Promise<Omit<ExchangeReply, "settled">> {
  const { serverId, claim } = request;
  const seen = await looking;
  const lease = seen.isHeld ? "held" : "lost";
  if (!seen.isHeld) {
    store.leases.forgetServer(serverId);
    store.hunger.forget(serverId);
    store.sleepers.isWoken(serverId);
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
  // Where queues are paused, or jobs became ready just now, what was read beside the look does not count.
  const isStale = promotion.promoted > 0 || queues.length < claim.queues.length;
  const first = isStale ? undefined : await window;
  const given = await take(store, claim, { serverId, nowMs, progress, queues }, first);
  await noteHunger(store, claim, { serverId, given });
  const nextClaimInMs = untilMore(claim, { given, seen, nextDueMs: promotion.nextDueMs, nowMs });
  if (given.jobs.length === 0 && nextClaimInMs !== 0)
    store.sleepers.sleeps(serverId, nowMs + (nextClaimInMs ?? Infinity));
  else store.sleepers.isWoken(serverId);
  return { jobs: given.jobs, lease, nextClaimInMs };
}

/** Find and update in one command, where there is one queue to find in. */
function isForOne({ limit, queues }: Pick<ClaimRequest, "limit" | "queues">): boolean {
  return limit === 1 && queues.length === 1;
}

async function take(
  store: Store,
  claim: ClaimRequest,
  parts: ClaimFor,
  first: Candidates | undefined,
): Promise<Claim> {
  const isFirstTry = store.doubts.begin(claim.token);
  const isOne = first !== NOTHING_THERE && isForOne({ limit: claim.limit, queues: parts.queues });
  const given = isOne
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
