import { SystemRandom } from "@revojs/core";
import { type AnyBulkWriteOperation, type Binary, Long, type MongoBulkWriteError } from "mongodb";
import type { JobDocument } from "./documents.ts";
import { duplicatesIn } from "./errors.ts";
import { toJobId } from "./ids.ts";
import type { Store } from "./store.ts";
import type { JobWrite } from "./transitions.ts";

const random = new SystemRandom();
/** Deletes under way at once. */
const LANES = 16;

/** A write that takes effect only if the job is still as it was read. */
export interface GuardedWrite {
  readonly job: Pick<JobDocument, "_id" | "rev">;
  readonly write: JobWrite;
}

/** `won`: stored. `lost`: somebody else changed the job first. `duplicate`: another job holds its unique key. */
export type WriteResult = "won" | "lost" | "duplicate";

/** A number that nobody else uses, to be recognised by. */
export function aMark(): Long {
  return Long.fromString(random.token());
}

/** Makes the writes, each on its own, and tells of each what became of it. */
export async function writeGuarded(
  store: Store,
  writes: readonly GuardedWrite[],
): Promise<readonly WriteResult[]> {
  const results: WriteResult[] = writes.map(() => "lost");
  const updates = writes.flatMap(({ job, write }, index) =>
    write.kind === "update" ? [{ index, job, update: write.update }] : [],
  );
  const deletes = writes.flatMap(({ job, write }, index) =>
    write.kind === "delete" ? [{ index, job }] : [],
  );
  await updateAll(store, updates, results);
  // One command each: the answer to a bulk of deletes does not tell which of them met a job.
  await inLanes(deletes, async ({ index, job }) => {
    const { deletedCount } = await store.jobs.deleteOne(guardOf(job), {
      writeConcern: store.concerns.safe,
    });
    if (deletedCount > 0) results[index] = "won";
  });
  return results;
}

/** Runs `act` on each item, a few at a time. */
export async function inLanes<T>(
  items: readonly T[],
  act: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await act(item);
  };
  await Promise.all(Array.from({ length: Math.min(LANES, items.length) }, lane));
}

interface Update {
  readonly index: number;
  readonly job: Pick<JobDocument, "_id" | "rev">;
  readonly update: Extract<JobWrite, { kind: "update" }>["update"];
}

async function updateAll(
  store: Store,
  updates: readonly Update[],
  results: WriteResult[],
): Promise<void> {
  if (updates.length === 0) return;
  const mark = aMark();
  const operations = updates.map(
    ({ job, update }): AnyBulkWriteOperation<JobDocument> => ({
      updateOne: {
        filter: guardOf(job),
        update: { ...update, $set: { ...update.$set, mark } },
      },
    }),
  );
  const { matched, duplicates } = await bulk(store, operations);
  for (const position of duplicates) setResult(results, updates[position], "duplicate");
  const isComplete = matched + duplicates.length === updates.length;
  const won = isComplete ? undefined : await findMarked(store, updates, mark);
  for (const [position, update] of updates.entries()) {
    if (duplicates.includes(position)) continue;
    if (won === undefined || won.has(toJobId(update.job._id))) setResult(results, update, "won");
  }
}

async function bulk(
  store: Store,
  operations: readonly AnyBulkWriteOperation<JobDocument>[],
): Promise<{ readonly matched: number; readonly duplicates: readonly number[] }> {
  try {
    const { matchedCount } = await store.jobs.bulkWrite(operations, {
      ordered: false,
      writeConcern: store.concerns.safe,
    });
    return { matched: matchedCount, duplicates: [] };
  } catch (error) {
    const duplicates = duplicatesIn(error);
    return { matched: (error as MongoBulkWriteError).matchedCount, duplicates };
  }
}

async function findMarked(
  store: Store,
  updates: readonly Update[],
  mark: Long,
): Promise<ReadonlySet<string>> {
  const ids: Binary[] = updates.map(({ job }) => job._id);
  const marked = await store.jobs
    .find({ _id: { $in: ids }, mark }, { projection: { _id: 1 }, batchSize: ids.length + 1 })
    .toArray();
  return new Set(marked.map(({ _id }) => toJobId(_id)));
}

function guardOf({ _id, rev }: Pick<JobDocument, "_id" | "rev">): Pick<JobDocument, "_id" | "rev"> {
  return { _id, rev };
}

function setResult(results: WriteResult[], update: Update | undefined, result: WriteResult): void {
  if (update !== undefined) results[update.index] = result;
}
