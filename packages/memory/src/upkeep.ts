import type { IJobUpkeep } from "@revojs/core";
import { nextDueInMs, promoteDue } from "./promote.ts";
import type { Store } from "./store.ts";

/** Whether it is this caller's turn to do `task`. */
export function takeTurn(store: Store, task: string, intervalMs: number): boolean {
  const nowMs = store.nowMs();
  if ((store.turns.get(task) ?? -Infinity) > nowMs) return false;
  store.turns.set(task, nowMs + intervalMs);
  return true;
}

/** Promotes on its own, for whoever sleeps. */
export function promote(store: Store, limit: number): Awaited<ReturnType<IJobUpkeep["promote"]>> {
  const nowMs = store.nowMs();
  const promoted = promoteDue(store, limit, nowMs);
  store.sleepers.wake(nowMs);
  return { promoted, nextDueInMs: nextDueInMs(store, nowMs) };
}
