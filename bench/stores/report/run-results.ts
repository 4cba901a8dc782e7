import type { LimitFigures } from "../limits/store-limit.ts";
import type { Measurement } from "../scenarios/store-scenario.ts";
import type { RunPlan, StoreRun } from "../run-plan.ts";
import type { StoreServer } from "../servers/store-server.ts";
import type { Store } from "../systems/bench-system.ts";

/** One run of one scenario, with one system or, as `system`, the raw `limit`. */
export interface RunResult {
  readonly scenario: string;
  readonly store: Store;
  readonly system: string;
  /** Counted up from 1. */
  readonly round: number;
  readonly rttMs: number;
  readonly figures: Measurement["figures"] | LimitFigures;
  readonly problem?: string;
  readonly series?: Measurement["series"];
}

/** All that a run measured, and under which conditions: what is written as raw JSON. */
export interface StoreRunRecord {
  readonly startedAt: string;
  readonly machine: string;
  readonly run: StoreRun;
  readonly sizes: RunPlan["sizes"];
  /** One for each store, before it. */
  readonly arithmeticMs: number[];
  /** Processes that wanted to run, in the minute before each scenario: what else the machine had to do shows here. */
  readonly loadAverages: number[];
  readonly servers: { description: string; settings: StoreServer["settings"] }[];
  /** Stores without a server, and why. */
  readonly missing: string[];
  readonly versions: Readonly<Record<string, string>>;
  readonly results: RunResult[];
}

/** What is looked for in results. */
export interface ResultQuery {
  readonly scenario: string;
  readonly store: Store;
  readonly system: string;
  readonly rttMs: number;
}

export function resultsOf(
  results: readonly RunResult[],
  { scenario, store, system, rttMs }: ResultQuery,
): readonly RunResult[] {
  return results.filter(
    (result) =>
      result.scenario === scenario &&
      result.store === store &&
      result.system === system &&
      result.rttMs === rttMs,
  );
}

/** One figure of every run that has it. */
export function figuresOf(results: readonly RunResult[], figure: string): readonly number[] {
  return results.flatMap(({ figures }) => {
    const value = figures[figure];
    // Over the channel from the other process, what is no number is `null`.
    return value === undefined || !Number.isFinite(value) ? [] : [value];
  });
}
