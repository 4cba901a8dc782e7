import type { QueueRecord } from "@revojs/core";
import { pairsOf } from "./records.ts";
import { defineScript } from "./script.ts";
import { LIST_QUEUES } from "./scripts/read-queues.ts";
import type { Store } from "./store.ts";

/** Now, then for each queue its name, its fields and when the job at its head came into it (-1: none). */
type Reply = readonly [number, ...(string | number | readonly string[])[]];

const script = defineScript<Reply>("queues", "reads", LIST_QUEUES);

/** Most queues listed, how many by one call, and the highest number told of a queue's jobs. */
const MOST_LISTED = 10_000;
const PAGE = 200;

/** Queues with unfinished jobs or a pause, by name. */
export async function listQueues(store: Store): Promise<readonly QueueRecord[]> {
  const records: QueueRecord[] = [];
  for (let after = ""; ; ) {
    const [nowMs, ...page] = await store.run(script, [after, PAGE]);
    for (let at = 0; at < page.length; at += 3) {
      const [queue, fields, oldestMs] = page.slice(at, at + 3);
      after = queue as string;
      const record = toRecord(after, {
        nowMs,
        oldestMs: oldestMs as number,
        fields: fields as readonly string[],
      });
      if (record !== undefined) records.push(record);
    }
    if (page.length < 3 * PAGE || records.length >= MOST_LISTED)
      return records.slice(0, MOST_LISTED);
  }
}

function toRecord(
  queue: string,
  {
    nowMs,
    oldestMs,
    fields,
  }: { readonly nowMs: number; readonly oldestMs: number; readonly fields: readonly string[] },
): QueueRecord | undefined {
  const values = new Map(pairsOf(fields));
  const counts = { scheduled: 0, enqueued: 0, awaiting: 0, throttled: 0, processing: 0 };
  for (const [field, value] of values) {
    if (/^b\d$/.test(field)) counts.enqueued += Number(value);
    if (field === "s") counts.scheduled = Number(value);
    if (field === "p") counts.processing = Number(value);
  }
  const pause = toPause(values, nowMs);
  if (pause === undefined && counts.enqueued + counts.scheduled + counts.processing <= 0)
    return undefined;
  return {
    queue,
    counts: {
      ...counts,
      scheduled: Math.min(counts.scheduled, MOST_LISTED),
      enqueued: Math.min(counts.enqueued, MOST_LISTED),
      processing: Math.min(counts.processing, MOST_LISTED),
    },
    oldestWaitMs: oldestMs < 0 ? null : Math.max(0, nowMs - oldestMs),
    ...(pause !== undefined && { pause }),
  };
}

/** A pause that has ended by itself is none. */
function toPause(values: ReadonlyMap<string, string>, nowMs: number): QueueRecord["pause"] {
  const [until, since, by] = [values.get("pu"), values.get("ps"), values.get("pa")];
  if (until === undefined || (until !== "-" && Number(until) <= nowMs)) return undefined;
  const { actor, reason } = JSON.parse(by ?? "{}") as {
    readonly actor: string;
    readonly reason: string;
  };
  return {
    since: new Date(Number(since)),
    actor,
    reason,
    ...(until !== "-" && { endsInMs: Math.ceil(Number(until) - nowMs) }),
  };
}
