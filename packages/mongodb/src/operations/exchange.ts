import type { ExchangeReply, ExchangeRequest, Settlement } from "@revojs/core";
import { Long } from "mongodb";
import { allDone } from "../all-done.ts";
import type { CallProgress } from "../call.ts";
import { BY_ID } from "../collections.ts";
import { toStoredId } from "../ids.ts";
import type { Store } from "../store.ts";
import { beginClaim, claimFor } from "./claim-for.ts";
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
  const isClaim = request.claim !== undefined;
  if (isClaim) store.trail.count(1);
  try {
    return await settleAndClaim(store, request, progress);
  } finally {
    if (isClaim) store.trail.count(-1);
  }
}

async function settleAndClaim(
  store: Store,
  request: ExchangeRequest,
  progress: CallProgress,
): Promise<ExchangeReply> {
  const nowMs = await store.serverClock.nowMs();
  const { serverId, claim } = request;
  const repeat = request.repeat === true;
  const released = releasedQueues(store, request.settle);
  const reading = beginClaim(store, request, { nowMs, progress });
  await markStarting(store, request.starting ?? [], progress);
  const strays = store.doubts.toLookAt(serverId);
  const [settled, reply] = await allDone([
    settle(store, request.settle, { nowMs, progress, repeat }),
    claimFor(store, request, reading),
    strays.length === 0 ? Promise.resolve(0) : releaseStrays(store, serverId, strays, nowMs),
  ]);
  if (released.length > 0)
    await store.wakeSender.onFed(released, claim === undefined ? {} : { except: serverId });
  return { settled, ...reply };
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
