import type { IJobUpkeep } from "@revojs/core";
import { defineScript } from "../script.ts";
import { PROMOTE_THESE, READ_DUE } from "../scripts/partition-claims.ts";
import type { Partitions } from "./partitions.ts";
import { after, together } from "./together.ts";

const readDueScript = defineScript<readonly [number, ...string[]]>("read-due", "reads", READ_DUE);
const promoteScript = defineScript<readonly [number, number]>("promote", "writes", PROMOTE_THESE);

/** Most jobs of one call, as many as keep their order by parts of a millisecond. */
const MOST_PER_CALL = 500;

/** The earliest due jobs over all partitions, up to `limit`. They follow each other in the order of their times. */
export async function promoteAcross(
  partitions: Partitions,
  limit: number,
): Promise<Awaited<ReturnType<IJobUpkeep["promote"]>>> {
  const most = Math.min(limit, MOST_PER_CALL);
  const due = await together(
    "reads",
    partitions.stores.map((store) => store.run(readDueScript, [most])),
  );
  const stamp = due[0]?.[0] ?? 0;
  const first = due
    .flatMap(([, ...flat], partition) => toJobs(flat, partition))
    .toSorted((one, other) => one.dueMs - other.dueMs || (one.id < other.id ? -1 : 1))
    .slice(0, most);
  const calls = partitions.stores.map((store, partition) => {
    const own = first.flatMap((job, place) => (job.partition === partition ? [job.id, place] : []));
    return store.run(promoteScript, [stamp, ...own]);
  });
  const replies = await after(together("writes", calls));
  const times = replies.flatMap(([, untilDueMs]) => (untilDueMs < 0 ? [] : [untilDueMs]));
  return {
    promoted: replies.reduce((sum, [promoted]) => sum + promoted, 0),
    nextDueInMs: times.length === 0 ? null : Math.min(...times),
  };
}

interface DueJob {
  readonly id: string;
  readonly dueMs: number;
  readonly partition: number;
}

function toJobs(flat: readonly string[], partition: number): readonly DueJob[] {
  return Array.from({ length: flat.length / 2 }, (_, index) => ({
    id: flat[2 * index] ?? "",
    dueMs: Number(flat[2 * index + 1]),
    partition,
  }));
}
