import type { ClaimRequest, ExchangeReply, ExchangeRequest, SettleStatus } from "@revojs/core";
import { RevoError } from "@revojs/core";
import { type Claim, claim, toClaimedJob } from "./claim.ts";
import type { JobServer } from "./job-entry.ts";
import { nextDueInMs } from "./promote.ts";
import { settle } from "./settle.ts";
import type { Store } from "./store.ts";

/** Marks what begins, settles, then claims: all in one tick, so nobody sees a part of it. */
export function exchange(store: Store, request: ExchangeRequest): ExchangeReply {
  const nowMs = store.nowMs();
  const server = store.servers.get(request.serverId);
  if (server?.crashed) throw cutOff(request.serverId);
  for (const { jobId, token } of request.starting ?? []) markStarting(store, jobId, token);
  const settled: SettleStatus[] = [];
  for (const settlement of request.settle) settled.push(settle(store, settlement, nowMs));
  const holds = server !== undefined && !server.lost;
  const reply =
    holds && request.claim !== undefined
      ? claimFor(store, request.claim, { server, repeat: request.repeat === true, nowMs })
      : { jobs: [], nextClaimInMs: nextDueInMs(store, nowMs) };
  store.sleepers.wake(nowMs, request.serverId);
  return {
    settled,
    jobs: reply.jobs,
    lease: holds ? "held" : "lost",
    nextClaimInMs: reply.nextClaimInMs,
  };
}

/** What a job server meets whose process was ended by the test hook `crash`. */
export function cutOff(serverId: string): RevoError {
  return new RevoError(
    "REVO_STORAGE_UNAVAILABLE",
    `Job server ${serverId} has crashed; nothing was done`,
  );
}

interface Claimer {
  readonly server: JobServer;
  readonly nowMs: number;
}

function claimFor(
  store: Store,
  request: ClaimRequest,
  { server, repeat, nowMs }: Claimer & { readonly repeat: boolean },
): Pick<ExchangeReply, "jobs" | "nextClaimInMs"> {
  const leased = repeat ? leasedUnder(server, { token: request.token, nowMs }) : [];
  const given: Claim =
    leased.length > 0
      ? { jobs: leased, cutShort: false }
      : claim(store, request, { server, nowMs });
  const nextClaimInMs = untilMore(store, request, { given, nowMs });
  noteHunger(store, request, { server, given, nowMs });
  return { jobs: given.jobs, nextClaimInMs };
}

/** The jobs of an earlier claim under the same token, whose reply was lost. */
function leasedUnder(
  server: JobServer,
  { token, nowMs }: { readonly token: string; readonly nowMs: number },
): Claim["jobs"] {
  const held = [...server.held.forward()].filter((entry) => entry.token === token);
  return held.map((entry) => toClaimedJob(entry, nowMs));
}

/** Fenced like a settlement. */
function markStarting(store: Store, jobId: string, token: string): void {
  const entry = store.jobs.get(jobId);
  if (entry?.state === "processing" && entry.token === token) entry.starting = true;
}

interface Outcome {
  readonly given: Claim;
  readonly nowMs: number;
}

/** Until a claim of the same queues may give more without an enqueue. */
function untilMore(store: Store, request: ClaimRequest, { given, nowMs }: Outcome): number | null {
  if (given.cutShort) return 0;
  let untilMs = nextDueInMs(store, nowMs) ?? Infinity;
  for (const { queue } of request.queues) {
    const line = store.queues.get(queue);
    if (line === undefined) continue;
    if (!line.isPaused(nowMs)) {
      if (line.enqueued > 0) return 0;
    } else if (line.pause?.endsAtMs !== undefined) {
      untilMs = Math.min(untilMs, Math.ceil(line.pause.endsAtMs - nowMs));
    }
  }
  return untilMs === Infinity ? null : untilMs;
}

/**
 * A short claim leaves the server hungry for the queues that had too little; a full one passes the wake on when it left some:
 * an enqueue wakes a few only, and the others must not sleep beside work.
 */
function noteHunger(
  store: Store,
  request: ClaimRequest,
  { server, given, nowMs }: Outcome & Claimer,
): void {
  if (given.jobs.length < request.limit && !given.cutShort) {
    // A queue that still has jobs gave as many as were asked of it.
    const short = request.queues.filter(({ queue }) => !hasJobs(store, queue, nowMs));
    store.sleepers.hungers(
      server.id,
      short.map(({ queue }) => queue),
    );
    return;
  }
  store.sleepers.sated(server.id);
  for (const { queue } of request.queues) {
    const line = store.queues.get(queue);
    if (line !== undefined) store.sleepers.fed(line);
  }
}

function hasJobs(store: Store, queue: string, nowMs: number): boolean {
  const line = store.queues.get(queue);
  return line !== undefined && line.enqueued > 0 && !line.isPaused(nowMs);
}
