import type { IJobControl } from "@revojs/core";
import type { CallProgress } from "../call.ts";
import { queueKey, serverKey } from "../control-ids.ts";
import type { Store } from "../store.ts";
import { after } from "../times.ts";

/** From here on no claim takes from the queue. Paused again, the newer pause holds. */
export async function pauseQueue(
  store: Store,
  { queue, actor, reason, forMs }: Parameters<IJobControl["pauseQueue"]>[0],
  progress: CallProgress,
): Promise<void> {
  const nowMs = await store.serverClock.nowMs();
  progress.writing();
  const since = new Date(nowMs);
  const pause = {
    since,
    actor,
    reason,
    ...(forMs !== undefined && { endsAt: after(nowMs, forMs) }),
  };
  await store.pauses.replaceOne(
    { _id: queueKey(queue) },
    { pause },
    { upsert: true, writeConcern: store.concerns.safe },
  );
}

/** Ends a pause and wakes who hungers for the queue. */
export async function resumeQueue(
  store: Store,
  { queue }: Parameters<IJobControl["resumeQueue"]>[0],
  progress: CallProgress,
): Promise<void> {
  progress.writing();
  const { deletedCount } = await store.pauses.deleteOne(
    { _id: queueKey(queue) },
    { writeConcern: store.concerns.safe },
  );
  if (deletedCount > 0 || progress.again) await store.wakeSender.onFed([queue]);
}

/** Says what the server is to do; its next heartbeat tells it. */
export async function signalServer(
  store: Store,
  { serverId, desired }: { readonly serverId: string; readonly desired: "run" | "quiet" | "stop" },
  progress: CallProgress,
): Promise<boolean> {
  progress.writing();
  const { matchedCount } = await store.servers.updateOne(
    { _id: serverKey(serverId) },
    { $set: { desired } },
    { writeConcern: store.concerns.safe },
  );
  if (matchedCount > 0) await store.wakeSender.tell(serverId);
  return matchedCount > 0;
}
