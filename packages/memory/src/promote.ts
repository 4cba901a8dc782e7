import { enterEnqueued, leavePlane } from "./planes.ts";
import type { Store } from "./store.ts";

/** Moves up to `limit` due jobs of any queue to the tails of their bands, earliest first. @returns How many. */
export function promoteDue(store: Store, limit: number, nowMs: number): number {
  let promoted = 0;
  for (; promoted < limit; promoted++) {
    const entry = store.due.first;
    if (entry === undefined || (entry.dueAtMs ?? 0) > nowMs) break;
    store.operations++;
    leavePlane(store, entry);
    enterEnqueued(store, entry, nowMs);
  }
  return promoted;
}

/** Until the earliest scheduled job of any queue is due. */
export function nextDueInMs(store: Store, nowMs: number): number | null {
  const first = store.due.first;
  return first === undefined ? null : Math.max(0, Math.ceil((first.dueAtMs ?? 0) - nowMs));
}
