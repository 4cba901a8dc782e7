import type { ClaimRequest } from "@revojs/core";
import type { Document, Filter } from "mongodb";
import { CLAIM_PROJECTION } from "../claimed-job.ts";
import type { TrailPlace } from "../claim-trail.ts";
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
  /** Of the window, when they were read. */
  readonly era: number;
}

type Wanted = Pick<ClaimRequest, "queues" | "limit">;

/**
 * Reads the first jobs of the queues. Claims that would get in each other's way go on where the one before ended; where others
 * took what was read, the next begins somewhere in the first jobs instead of at the very first one.
 */
export function readWindow(store: Store, wanted: Wanted): Promise<Candidates> {
  const [first] = wanted.queues;
  if (first === undefined || wanted.queues.length > 1 || store.settings.strictFifo)
    return readNear(store, wanted, store.window.draw(wanted.limit));
  return store.trail.inTurn(() => readOnTrail(store, wanted, first));
}

type Line = Wanted["queues"][number];

async function readOnTrail(store: Store, wanted: Wanted, line: Line): Promise<Candidates> {
  const { window, trail } = store;
  const most = Math.min(wanted.limit, line.limit);
  const isContended = window.takeContended();
  const place = await placeFor(store, line.queue);
  if (place !== undefined) {
    // Who was there first goes on from here; whoever lost begins well behind, out of its way for a while.
    const skip = isContended ? window.leap(wanted.limit) : 0;
    const further = await readFrom(store, line.queue, { place, skip, limit: most + 1 });
    const end = endOf(further, most);
    if (end !== undefined) {
      trail.advance(end);
      return further;
    }
  }
  const found = await readNear(store, wanted, isContended ? window.draw(wanted.limit) : 0);
  const end = endOf(found, most);
  if (end === undefined) trail.drop();
  else trail.start(line.queue, end);
  return found;
}

/** Where to go on; `undefined`: at the head. */
async function placeFor(
  { window, trail, jobs }: Store,
  queue: string,
): Promise<TrailPlace | undefined> {
  const isContended = window.factor > 1;
  if (!isContended && !trail.isShared) return undefined;
  const place = trail.next(queue);
  if (place !== undefined || !isContended) return place;
  const head = await jobs.findOne<TrailPlace>(
    { state: "enqueued", queue },
    { projection: { _id: 0, priority: 1, order: 1 }, sort: ORDER, hint: "ready" },
  );
  return head === null ? undefined : trail.renew(queue, head);
}

/** The last one that will be claimed. */
function endOf({ documents }: Candidates, most: number): JobDocument | undefined {
  return documents[Math.min(most, documents.length) - 1];
}

/** Jobs of the place's band behind it, unless there are some of a higher one: none at all then. */
async function readFrom(
  store: Store,
  queue: string,
  {
    place,
    skip,
    limit,
  }: { readonly place: TrailPlace; readonly skip: number; readonly limit: number },
): Promise<Candidates> {
  const { priority, order } = place;
  const enqueued = { state: "enqueued", queue } as const;
  const [higher, found] = await Promise.all([
    priority === 0
      ? null
      : store.jobs.findOne(
          { ...enqueued, priority: { $lt: priority } },
          { projection: { _id: 0, priority: 1 }, hint: "ready" },
        ),
    gather(
      store,
      findReady(store, { ...enqueued, priority, order: { $gt: order } }, { skip, limit }),
    ),
  ]);
  return { ...found, documents: higher === null ? found.documents : [], isPartial: true };
}

/** Begins so many jobs behind the head of the first queue, where there are that many. */
async function readNear(store: Store, wanted: Wanted, skip: number): Promise<Candidates> {
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
  if (first === undefined) return { documents: [], isPartial: false, era: store.window.era };
  const { reserved } = store.window;
  const width = wanted.limit + 1;
  if (others.length === 0) {
    const limit = Math.min(width, first.limit + 1) + reserved;
    return gather(
      store,
      findReady(store, { state: "enqueued", queue: first.queue }, { skip: 0, limit }),
    );
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
  const [head, { documents, era }] = await Promise.all([
    store.jobs.findOne(
      { state: "enqueued", queue },
      { projection: { _id: 0, priority: 1 }, sort: ORDER, hint: "ready" },
    ),
    gather(
      store,
      findReady(store, { state: "enqueued", queue }, { skip: wanted.skip, limit: width }),
    ),
  ]);
  const inBand = documents.filter(({ priority }) => priority === head?.priority);
  return { documents: inBand, isPartial: true, era };
}

function findReady(
  store: Store,
  filter: Filter<JobDocument>,
  { skip, limit }: { readonly skip: number; readonly limit: number },
): AsyncIterable<JobDocument> {
  return store.jobs.find(filter, {
    projection: CLAIM_PROJECTION,
    sort: ORDER,
    limit,
    batchSize: limit + 1,
    hint: "ready",
    ...(skip > 0 && { skip }),
  });
}

/** Jobs that another claim of this process is about to take are passed over. */
async function gather(store: Store, cursor: AsyncIterable<JobDocument>): Promise<Candidates> {
  const documents: JobDocument[] = [];
  const { era } = store.window;
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
  return { documents, isPartial, era };
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
