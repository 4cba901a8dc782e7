import type { ClaimRequest } from "@revojs/core";
import type { Document } from "mongodb";
import { CLAIM_PROJECTION } from "../claimed-job.ts";
import type { JobDocument } from "../documents.ts";
import { toJobId } from "../ids.ts";
import type { Store } from "../store.ts";

const ORDER = { priority: 1, order: 1 } as const;

/** More characters of payload than this are not read ahead of a claim: it could not give them anyway. */
const MOST_UNITS = 8 * 1024 * 1024;

/** What was read of the queues' heads. */
export interface Candidates {
  readonly documents: readonly JobDocument[];
  /** Some were passed over, or not read: another look may find more. */
  readonly isPartial: boolean;
}

type Wanted = Pick<ClaimRequest, "queues" | "limit">;

/**
 * Where claims contend, each begins somewhere in the first jobs instead of at the very first one. What it does not find there
 * is read from the heads.
 */
export async function readWindow(store: Store, wanted: Wanted): Promise<Candidates> {
  const skip = store.window.draw(wanted.limit);
  const [first] = wanted.queues;
  if (skip === 0 || first === undefined) return readHeads(store, wanted);
  const somewhere = await readSomewhere(store, first, { limit: wanted.limit, skip });
  if (somewhere.documents.length > 0) return somewhere;
  store.window.shrink();
  return readHeads(store, wanted);
}

/** Reads the heads of the queues, whole jobs, up to `limit` and one more, which tells whether there is more. */
export async function readHeads(store: Store, wanted: Wanted): Promise<Candidates> {
  const [first, ...others] = wanted.queues;
  if (first === undefined) return { documents: [], isPartial: false };
  const { reserved } = store.window;
  const width = wanted.limit + 1;
  if (others.length === 0) {
    const limit = Math.min(width, first.limit + 1) + reserved;
    return gather(store, readQueue(store, first.queue, { skip: 0, limit }));
  }
  const pipeline = [
    ...pipelineOf(store, wanted.queues, reserved),
    { $limit: width + reserved + others.length },
    { $project: CLAIM_PROJECTION },
  ];
  const batchSize = width + reserved + wanted.queues.length;
  return gather(store, store.jobs.aggregate<JobDocument>(pipeline, { batchSize }));
}

/**
 * Not from the head of the queue, but of the head's band: a lower one has no turn while there is a higher. Skipping costs the
 * server index keys, no jobs.
 */
async function readSomewhere(
  store: Store,
  { queue, limit }: Wanted["queues"][number],
  wanted: { readonly limit: number; readonly skip: number },
): Promise<Candidates> {
  const width = Math.min(wanted.limit, limit) + 1;
  const [head, { documents }] = await Promise.all([
    store.jobs.findOne(
      { state: "enqueued", queue },
      { projection: { _id: 0, priority: 1 }, sort: ORDER, hint: "ready" },
    ),
    gather(store, readQueue(store, queue, { skip: wanted.skip, limit: width })),
  ]);
  const inBand = documents.filter(({ priority }) => priority === head?.priority);
  return { documents: inBand, isPartial: true };
}

function readQueue(
  store: Store,
  queue: string,
  { skip, limit }: { readonly skip: number; readonly limit: number },
): AsyncIterable<JobDocument> {
  return store.jobs.find(
    { state: "enqueued", queue },
    {
      projection: CLAIM_PROJECTION,
      sort: ORDER,
      limit,
      batchSize: limit + 1,
      hint: "ready",
      ...(skip > 0 && { skip }),
    },
  );
}

/** Jobs that another claim of this process is about to take are passed over. */
async function gather(store: Store, cursor: AsyncIterable<JobDocument>): Promise<Candidates> {
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
function pipelineOf(store: Store, queues: Wanted["queues"], extra: number): readonly Document[] {
  const [first, ...others] = queues.map(({ queue, limit }): Document[] => [
    { $match: { state: "enqueued", queue } },
    { $sort: ORDER },
    { $limit: limit + 1 + extra },
  ]);
  const unions = others.map((pipeline) => ({
    $unionWith: { coll: store.jobs.collectionName, pipeline },
  }));
  return [...(first ?? []), ...unions];
}
