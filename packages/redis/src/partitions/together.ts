import { RevoError, type RevoErrorCode } from "@revojs/core";
import type { Effect } from "../errors.ts";

/** What these codes say, that nothing was done, no longer holds once another partition has done its part. */
const NOTHING_DONE: ReadonlySet<RevoErrorCode> = new Set<RevoErrorCode>([
  "REVO_STORAGE_UNAVAILABLE",
  "REVO_STORAGE_TIMEOUT",
  "REVO_STORAGE_READ_ONLY",
  "REVO_STORAGE_FULL",
  "REVO_STORAGE_FORBIDDEN",
]);

/**
 * The answers of all calls, once all have ended.
 * @throws the error of the first that failed; `REVO_STORAGE_OUTCOME_UNKNOWN` when others have written.
 */
export async function together<T>(
  effect: Effect,
  calls: readonly Promise<T>[],
): Promise<readonly T[]> {
  const outcomes = await Promise.allSettled(calls);
  const errors: unknown[] = [];
  const values: T[] = [];
  for (const outcome of outcomes) {
    if (outcome.status === "fulfilled") values.push(outcome.value);
    else errors.push(outcome.reason);
  }
  if (errors.length === 0) return values;
  if (effect === "writes" && values.length > 0) throw partlyDone(errors[0]);
  throw errors.find((error) => !isNothingDone(error)) ?? errors[0];
}

/** The call, after others have written. @throws `REVO_STORAGE_OUTCOME_UNKNOWN` where it did nothing itself. */
export async function after<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw partlyDone(error);
  }
}

/** Calls each partition with the items that are its own; the answers come in the order of the items. */
export async function spread<TItem, TResult>(
  effect: Effect,
  items: readonly (readonly [partition: number, item: TItem])[],
  call: (partition: number, items: readonly TItem[]) => Promise<readonly TResult[]>,
): Promise<readonly TResult[]> {
  const groups = new Map<number, { readonly indexes: number[]; readonly items: TItem[] }>();
  for (const [index, [partition, item]] of items.entries()) {
    const group = groups.get(partition) ?? { indexes: [], items: [] };
    groups.set(partition, group);
    group.indexes.push(index);
    group.items.push(item);
  }
  const results = Array.from<TResult>({ length: items.length });
  const calls = [...groups].map(async ([partition, group]) => {
    for (const [at, result] of (await call(partition, group.items)).entries()) {
      results[group.indexes[at] ?? 0] = result;
    }
  });
  await together(effect, calls);
  return results;
}

function partlyDone(error: unknown): unknown {
  if (!isNothingDone(error)) return error;
  const message = `A part was done, another was not: ${error.message}`;
  return new RevoError("REVO_STORAGE_OUTCOME_UNKNOWN", message, { cause: error });
}

function isNothingDone(error: unknown): error is RevoError {
  return error instanceof RevoError && NOTHING_DONE.has(error.code);
}
