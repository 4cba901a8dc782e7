import type { CallProgress } from "../call.ts";
import { turnKey } from "../control-ids.ts";
import { isDuplicateKey } from "../errors.ts";
import type { Store } from "../store.ts";
import { after } from "../times.ts";

/** Whether it is this caller's turn to do `task`: the upsert that comes too early meets the document that is there. */
export async function takeTurn(
  store: Store,
  { task, intervalMs }: { readonly task: string; readonly intervalMs: number },
  progress: CallProgress,
): Promise<boolean> {
  const nowMs = await store.serverClock.nowMs();
  progress.writing();
  try {
    await store.turns.updateOne(
      { _id: turnKey(task), nextAt: { $lte: new Date(nowMs) } },
      { $set: { nextAt: after(nowMs, intervalMs) } },
      { upsert: true, writeConcern: store.concerns.quick },
    );
    return true;
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
}
