import { discard } from "./claim.ts";
import { dropFinished } from "./planes.ts";
import type { Store } from "./store.ts";

/**
 * Removes what was kept long enough, deletes what nobody claimed in time, and forgets ended windows, old metrics and idle
 * queues. `limit` bounds all of it together, idle queues aside.
 */
export function prune(
  store: Store,
  limit: number,
): { readonly removed: number; readonly more: boolean } {
  const nowMs = store.nowMs();
  const removed = dropExpired(store, limit, nowMs);
  let done = removed + discardLate(store, limit - removed, nowMs);
  done += store.uniqueKeys.prune(limit - done, nowMs);
  done += store.metrics.prune(limit - done, nowMs);
  for (const [name, line] of store.queues) {
    line.isPaused(nowMs);
    if (line.isIdle) store.queues.delete(name);
  }
  return { removed, more: limit > 0 && done >= limit };
}

function dropExpired(store: Store, limit: number, nowMs: number): number {
  let removed = 0;
  for (; removed < limit; removed++) {
    const entry = store.finished.expired(nowMs);
    if (entry === undefined) break;
    store.operations++;
    dropFinished(store, entry);
  }
  return removed;
}

function discardLate(store: Store, limit: number, nowMs: number): number {
  let discarded = 0;
  for (; discarded < limit; discarded++) {
    const first = store.discards.first;
    if (first === undefined || first.atMs > nowMs) break;
    store.operations++;
    discard(store, first.entry, nowMs);
  }
  return discarded;
}
