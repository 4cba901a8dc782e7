import type { IJobUpkeep, JobId, RecoverReply, RecoverRequest } from "@revojs/core";
import { errorMember } from "./exchange.ts";
import { toShortId, toUuid } from "./job-ids.ts";
import { defineScript } from "./script.ts";
import { PROMOTE_DUE, PRUNE, RECOVER, REPAIR, TAKE_TURN } from "./scripts/upkeep.ts";
import type { Store } from "./store.ts";

const turnScript = defineScript<number>("take-turn", "writes", TAKE_TURN);
const promoteScript = defineScript<readonly [number, number]>("promote", "writes", PROMOTE_DUE);
const recoverScript = defineScript<readonly [number, ...string[]]>("recover", "writes", RECOVER);
const pruneScript = defineScript<readonly [number, number]>("prune", "writes", PRUNE);
const repairScript = defineScript<readonly [number, number]>("repair", "writes", REPAIR);

/** Most jobs that one call goes through, whatever is asked for: Redis does nothing else meanwhile. */
const MOST_PER_CALL = 500;

export async function takeTurn(store: Store, task: string, intervalMs: number): Promise<boolean> {
  return (await store.run(turnScript, [task, intervalMs])) === 1;
}

export async function promote(
  store: Store,
  limit: number,
): Promise<Awaited<ReturnType<IJobUpkeep["promote"]>>> {
  const [promoted, nextDueInMs] = await store.run(promoteScript, [Math.min(limit, MOST_PER_CALL)]);
  return { promoted, nextDueInMs: nextDueInMs < 0 ? null : nextDueInMs };
}

export async function recover(store: Store, request: RecoverRequest): Promise<RecoverReply> {
  const { serverId, beat, limit, delayMs, retainMs, error } = request;
  const [state, ...ends] = await store.run(recoverScript, [
    toShortId(serverId),
    beat,
    Math.min(limit, MOST_PER_CALL),
    delayMs,
    retainMs,
    errorMember(error),
    error.fingerprint,
  ]);
  if (state < 0) return { kind: "beat-moved" };
  const idsOf = (end: string): readonly JobId[] =>
    ends.filter((text) => text.startsWith(end)).map((text) => toUuid(text.slice(1)));
  return {
    kind: "recovered",
    returned: idsOf("r"),
    failed: idsOf("f"),
    deleted: idsOf("d"),
    more: state === 1,
  };
}

export async function prune(
  store: Store,
  limit: number,
): Promise<{ readonly removed: number; readonly more: boolean }> {
  const [removed, more] = await store.run(pruneScript, [Math.min(limit, MOST_PER_CALL)]);
  return { removed, more: more === 1 };
}

export async function repair(
  store: Store,
  limit: number,
): Promise<{ readonly repaired: number; readonly more: boolean }> {
  const [repaired, more] = await store.run(repairScript, [Math.min(limit, MOST_PER_CALL)]);
  return { repaired, more: more === 1 };
}
