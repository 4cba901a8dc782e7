import type { ClaimRequest } from "@revojs/core";
import { serverKey } from "../control-ids.ts";
import type { HungerChange } from "../hunger-book.ts";
import type { Store } from "../store.ts";
import type { Claim } from "./claim.ts";

/**
 * A short claim leaves the server hungry for the queues that had too little. One that was hungry and got its fill passes the
 * wake on when it left some: an enqueue wakes a few only, and the others must not sleep beside work.
 */
export async function noteHunger(
  store: Store,
  claim: ClaimRequest,
  { serverId, given }: { readonly serverId: string; readonly given: Claim },
): Promise<void> {
  if (given.jobs.length < claim.limit && !given.cutShort) {
    const short = claim.queues.flatMap(({ queue }) => (given.withMore.has(queue) ? [] : [queue]));
    await writeHunger(store, serverId, store.hunger.short(serverId, short));
    return;
  }
  if (store.hunger.isHungry(serverId) && given.withMore.size > 0)
    await store.wakeSender.onFed([...given.withMore], { except: serverId });
  await writeHunger(store, serverId, store.hunger.full(serverId));
}

async function writeHunger(
  store: Store,
  serverId: string,
  change: HungerChange | undefined,
): Promise<void> {
  if (change === undefined) return;
  const update =
    change.hungry === null
      ? { $unset: { hungry: "" as const } }
      : { $set: { hungry: change.hungry } };
  await store.servers.updateOne({ _id: serverKey(serverId) }, update, {
    writeConcern: store.concerns.quick,
  });
}
