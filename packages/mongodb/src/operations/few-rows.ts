import type { JobFilter, JobState } from "@revojs/core";
import type { Document } from "mongodb";
import type { RowKey } from "../cursor.ts";
import type { JobDocument } from "../documents.ts";
import { toJobId, toStoredId } from "../ids.ts";
import { SUMMARY_PROJECTION } from "../job-record.ts";
import type { Store } from "../store.ts";
import { ANY_TIME } from "../times.ts";

/** Up to so many jobs are sorted rather than looked for among all others. */
const FEW = 5000;

interface Plane {
  readonly hint: string;
  readonly where?: Document;
}

/** The index in which the jobs of a state are, and what it is recognised by. */
const PLANES: Readonly<Partial<Record<JobState, Plane>>> = {
  enqueued: { hint: "ready" },
  scheduled: { hint: "due" },
  processing: { hint: "held" },
  succeeded: { hint: "finished", where: { finishedAt: ANY_TIME } },
  failed: { hint: "finished", where: { finishedAt: ANY_TIME } },
  deleted: { hint: "finished", where: { finishedAt: ANY_TIME } },
};

/** A stretch of the order by id. */
export interface ById {
  readonly direction: 1 | -1;
  readonly after: RowKey | undefined;
  readonly limit: number;
}

/**
 * The jobs of the wanted states by id, where they are few: a page of failed jobs must not pass by a million succeeded ones.
 * `undefined`: they are many, or of every state.
 */
export async function fewById(
  store: Store,
  { states }: Pick<JobFilter, "states">,
  { direction, after, limit }: ById,
): Promise<readonly JobDocument[] | undefined> {
  if (states === undefined) return undefined;
  // In the other states there are no jobs.
  const planes = [...new Set(states)].flatMap((state) => {
    const plane = PLANES[state];
    return plane === undefined ? [] : [{ query: { state, ...plane.where }, hint: plane.hint }];
  });
  const counts = await Promise.all(
    planes.map(({ query, hint }) => store.jobs.countDocuments(query, { limit: FEW + 1, hint })),
  );
  if (counts.reduce((sum, count) => sum + count, 0) > FEW) return undefined;
  const id = after === undefined ? undefined : toStoredId(String(after[0]));
  const beyond = id === undefined ? {} : { _id: direction === 1 ? { $gt: id } : { $lt: id } };
  const parts = await Promise.all(
    planes.map(({ query, hint }) =>
      store.jobs
        .find({ ...query, ...beyond } as Document, {
          projection: SUMMARY_PROJECTION,
          sort: { _id: direction },
          limit,
          batchSize: limit + 1,
          hint,
          maxTimeMS: store.settings.timeoutMs,
        })
        .toArray(),
    ),
  );
  return parts
    .flat()
    .map((job) => ({ job, id: toJobId(job._id) }))
    .toSorted((one, other) => (one.id < other.id ? -direction : direction))
    .slice(0, limit)
    .map(({ job }) => job);
}
