import { nowMs } from "../clock.ts";
import { latenciesOf } from "../latencies.ts";
import type { LimitFigures } from "./store-limit.ts";

/** Where a call comes from. */
export interface Place {
  readonly lane: number;
  /** Counted up from 1. */
  readonly round: number;
}

/**
 * Drains with so many calls under way at once; each settles what the one before it in its lane claimed, and claims again.
 * @returns Jobs a second. @throws When not every job came exactly once.
 */
export async function drainInLanes(
  jobs: number,
  lanes: number,
  exchange: (settle: readonly string[], place: Place) => Promise<readonly string[]>,
): Promise<number> {
  const seen = new Set<string>();
  let count = 0;
  const startedMs = nowMs();
  await inLanes(lanes, async (lane) => {
    let held: readonly string[] = [];
    for (let round = 1; ; round++) {
      held = await exchange(held, { lane, round });
      if (held.length === 0) return;
      count += held.length;
      for (const id of held) seen.add(id);
    }
  });
  const rate = perSecond(jobs, startedMs);
  if (seen.size !== jobs || count !== jobs) {
    throw new Error(`${seen.size} of ${jobs} jobs came, ${count - seen.size} of them again`);
  }
  return rate;
}

/** Runs `count` calls, `lanes` at a time. @returns Calls a second. */
export async function runInFlight(
  count: number,
  lanes: number,
  run: (i: number, lane: number) => Promise<unknown>,
): Promise<number> {
  let next = 0;
  const startedMs = nowMs();
  await inLanes(lanes, async (lane) => {
    while (next < count) await run(next++, lane);
  });
  return perSecond(count, startedMs);
}

/** Runs `count` calls, one after the other. */
export async function serially(
  count: number,
  run: (i: number) => Promise<unknown>,
): Promise<LimitFigures> {
  const eachMs: number[] = [];
  const startedMs = nowMs();
  for (let i = 0; i < count; i++) {
    const beforeMs = nowMs();
    await run(i);
    eachMs.push(nowMs() - beforeMs);
  }
  const rate = perSecond(count, startedMs);
  const { p50, p99 } = latenciesOf(eachMs);
  return { rate, p50, p99 };
}

export function perSecond(count: number, startedMs: number): number {
  return (count / (nowMs() - startedMs)) * 1000;
}

async function inLanes(lanes: number, run: (lane: number) => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: lanes }, (_, lane) => run(lane)));
}
