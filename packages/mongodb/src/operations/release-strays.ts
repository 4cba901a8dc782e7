import { Long } from "mongodb";
import type { DeliveredClaim } from "../doubtful-claims.ts";
import { type GuardedWrite, writeGuarded } from "../guarded-writes.ts";
import { toJobId } from "../ids.ts";
import type { Store } from "../store.ts";
import { JobChange } from "../transitions.ts";

/** Puts back the jobs that a lost try of a claim leased after its answer was given up: it was no attempt. */
export async function releaseStrays(
  store: Store,
  serverId: string,
  claims: readonly DeliveredClaim[],
  nowMs: number,
): Promise<number> {
  const strays: GuardedWrite[] = [];
  const queues = new Set<string>();
  for (const { token, isDelivered } of claims) {
    const held = await store.jobs
      .find(
        { state: "processing", server: serverId, token: Long.fromString(token) },
        { projection: { rev: 1, queue: 1 }, hint: "held" },
      )
      .toArray();
    for (const job of held) {
      if (isDelivered(toJobId(job._id))) continue;
      queues.add(job.queue);
      strays.push({ job, write: putBack(nowMs) });
    }
  }
  if (strays.length === 0) return 0;
  const results = await writeGuarded(store, strays);
  await store.wakeSender.onFed([...queues]);
  return results.filter((result) => result === "won").length;
}

function putBack(nowMs: number): GuardedWrite["write"] {
  return new JobChange(nowMs)
    .add("attempt", -1)
    .unset("token", "server", "starting")
    .putBack()
    .toWrite();
}
