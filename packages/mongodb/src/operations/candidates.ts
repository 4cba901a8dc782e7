import type { ClaimRequest } from "@revojs/core";
import type { Document } from "mongodb";
import { CLAIM_PROJECTION } from "../claimed-job.ts";
import type { JobDocument } from "../documents.ts";
import { toJobId } from "../ids.ts";
import type { Store } from "../store.ts";

const ORDER = { priority: 1, order: 1 } as const;

/** More bytes of payload than this are not read ahead of a claim: it could not give them anyway. */
const MOST_UNITS = 8 * 1024 * 1024;

/** What was read of the queues' heads. */
export interface Candidates {
  readonly documents: readonly JobDocument[];
  /** Some were passed over, or not read: another look may find more. */
  readonly isPartial: boolean;
}

/**
 * Reads the heads of the queues, whole jobs, up to `limit` and one more, which tells whether there is more. Jobs that another
 * claim of this process is about to take are passed over.
 */
export async function readCandidates(
  store: Store,
  { queues, limit }: Pick<ClaimRequest, "queues" | "limit">,
): Promise<Candidates> {
  const [first, ...others] = queues;
  if (first === undefined) return { documents: [], isPartial: false };
  const { reserved, factor } = store.window;
  const width = limit * factor + 1;
  const cursor =
    others.length === 0
      ? store.jobs.find(
          { state: "enqueued", queue: first.queue },
          {
            projection: CLAIM_PROJECTION,
            sort: ORDER,
            limit: Math.min(width, first.limit * factor + 1) + reserved,
            batchSize: width + reserved + 1,
            hint: "ready",
          },
        )
      : store.jobs.aggregate<JobDocument>(
          pipelineOf(store, queues, { extra: reserved, factor }).concat(
            { $limit: width + reserved + others.length },
            { $project: CLAIM_PROJECTION },
          ),
          { batchSize: width + reserved + queues.length },
        );
  const documents: JobDocument[] = [];
  let units = 0;
  let isPartial = false;
  for await (const document of cursor) {
    if (store.window.isReserved(toJobId(document._id))) {
      isPartial = true;
      continue;
    }
    documents.push(document);
    units += typeof document.payload === "string" ? document.payload.length : 0;
    if (units > MOST_UNITS) {
      isPartial = true;
      break;
    }
  }
  return { documents, isPartial };
}

/** One queue after the other; what is behind the limit is not executed. */
function pipelineOf(
  store: Store,
  queues: ClaimRequest["queues"],
  { extra, factor }: { readonly extra: number; readonly factor: number },
): Document[] {
  const [first, ...others] = queues.map(({ queue, limit }): Document[] => [
    { $match: { state: "enqueued", queue } },
    { $sort: ORDER },
    { $limit: limit * factor + 1 + extra },
  ]);
  const unions = others.map((pipeline) => ({
    $unionWith: { coll: store.jobs.collectionName, pipeline },
  }));
  return [...(first ?? []), ...unions];
}
