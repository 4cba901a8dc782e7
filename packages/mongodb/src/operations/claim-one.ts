import type { ClaimRequest } from "@revojs/core";
import { Long, type UpdateFilter } from "mongodb";
import { CLAIM_PROJECTION, isReadable, isTooLate, toClaimedJob } from "../claimed-job.ts";
import type { JobDocument } from "../documents.ts";
import { toJobId } from "../ids.ts";
import type { Store } from "../store.ts";
import { type Claim, type ClaimFor, FIRST_START, isPlain } from "./claim.ts";
import { clearAway } from "./clear-away.ts";

/** Jobs that one claim clears away before it gives up for now. */
const MOST_CLEARED = 100;
const NOTHING: Claim = { jobs: [], withMore: new Set(), cutShort: false };

/**
 * Leases one job of one queue: find and update in one command. What turns out to be unusable is cleared away, and the next one
 * taken.
 */
export async function claimOne(
  store: Store,
  request: ClaimRequest,
  { serverId, nowMs, progress, queues }: ClaimFor,
): Promise<Claim> {
  const update = {
    $set: {
      state: "processing",
      token: Long.fromString(request.token),
      server: serverId,
      startedAt: new Date(nowMs),
    },
    $inc: { attempt: 1, rev: 1 },
    ...FIRST_START,
  } as UpdateFilter<JobDocument>;
  const [line] = queues;
  if (line === undefined) return NOTHING;
  for (let cleared = 0; cleared < MOST_CLEARED; cleared++) {
    progress.writing();
    const before = await store.jobs.findOneAndUpdate(
      { state: "enqueued", queue: line.queue },
      update,
      {
        sort: { priority: 1, order: 1 },
        projection: CLAIM_PROJECTION,
        hint: { state: 1, queue: 1, priority: 1, order: 1 },
        returnDocument: "before",
        writeConcern: store.concerns.quick,
      },
    );
    if (before === null) return NOTHING;
    const isLate = isTooLate(before, nowMs);
    if (!isLate && isReadable(before)) {
      remember(store, before, { token: request.token, serverId, nowMs });
      const job = toClaimedJob(before, before.attempt + 1, nowMs);
      return { jobs: [job], withMore: new Set([line.queue]), cutShort: false };
    }
    const unusable = [leasedFrom(before)];
    await clearAway(
      store,
      isLate ? { late: unusable, corrupt: [] } : { late: [], corrupt: unusable },
      nowMs,
    );
  }
  return { ...NOTHING, cutShort: true };
}

/** What the update has made of it, as far as ending it again needs to know. */
function leasedFrom(before: JobDocument): JobDocument {
  return { ...before, state: "processing", rev: before.rev + 1 };
}

function remember(
  store: Store,
  before: JobDocument,
  lease: { readonly token: string; readonly serverId: string; readonly nowMs: number },
): void {
  store.leases.add(lease.token, toJobId(before._id), {
    id: before._id,
    attempt: before.attempt + 1,
    startedAtMs: lease.nowMs,
    serverId: lease.serverId,
    queue: before.queue,
    isPlain: isPlain(before),
  });
}
