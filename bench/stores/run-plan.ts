import { goals } from "./goals.ts";
import {
  delayedScenarios,
  quickScenarios,
  storeScenarios,
} from "./scenarios/all-store-scenarios.ts";
import type { StoreScenario } from "./scenarios/store-scenario.ts";
import { fullSizes, quickSizes, scaled, type Sizes } from "./sizes.ts";
import { loadSystem, systemNames } from "./systems/all-systems.ts";
import { type BenchSystem, type Store, stores } from "./systems/bench-system.ts";

/** What was asked for. */
export interface StoreRun {
  readonly quick: boolean;
  /** Only what a goal of ours compares. */
  readonly goals: boolean;
  readonly rounds: number;
  readonly scale: number;
  /** How long a soak lasts; absent: as long as sizes say. */
  readonly soakMinutes: number | undefined;
  /** How long a reader's view is open before a drain; absent: as long as sizes say. */
  readonly snapshotMinutes: number | undefined;
  /** Delays of a round trip, in milliseconds; absent: none, and a millisecond where {@link delayedScenarios} says so. */
  readonly rttMs: readonly number[] | undefined;
  /** Of the file with the raw figures. */
  readonly name: string;
  /** Workers write processor profiles, and what stands out is printed. */
  readonly profile: boolean;
  /** Names; empty: all, or with `quick` a selection. */
  readonly scenarios: readonly string[];
  readonly onlyStores: readonly Store[];
  readonly systems: readonly string[];
}

/** What follows from it. */
export interface RunPlan {
  readonly sizes: Sizes;
  readonly stores: readonly Store[];
  readonly scenarios: readonly StoreScenario[];
  readonly systems: readonly BenchSystem[];
}

export async function planRun(run: StoreRun): Promise<RunPlan> {
  const loaded = await Promise.all(systemNames.map(loadSystem));
  const systems = loaded.filter((system) => takesPart(system, run));
  const wanted = new Set(systems.map(({ store }) => store));
  return {
    sizes: sizesOf(run),
    stores: stores.filter((store) => wanted.has(store)),
    scenarios: storeScenarios.filter(({ name }) => isAsked(name, run)),
    systems,
  };
}

function sizesOf({ quick, scale, soakMinutes, snapshotMinutes }: StoreRun): Sizes {
  const usual = quick ? quickSizes : fullSizes;
  const sizes = scale === 1 ? usual : scaled(usual, scale);
  return {
    ...sizes,
    ...(soakMinutes !== undefined && { soakSeconds: soakMinutes * 60 }),
    ...(snapshotMinutes !== undefined && { snapshotSeconds: snapshotMinutes * 60 }),
  };
}

/** The systems of a store that take part in a scenario. */
export function systemsOf(
  scenario: StoreScenario,
  {
    store,
    systems,
    run,
  }: { readonly store: Store; readonly systems: RunPlan["systems"]; readonly run: StoreRun },
): readonly BenchSystem[] {
  return systems.filter(
    (system) =>
      system.store === store &&
      scenario.leavesOut?.(system) !== true &&
      (!run.goals || isCompared(scenario.name, system.name)),
  );
}

function isCompared(scenario: string, system: string): boolean {
  return goals.some(({ compares }) =>
    compares.some((one) => one.scenario === scenario && one.system === system),
  );
}

export function delaysOf({ name }: StoreScenario, run: StoreRun): readonly number[] {
  const isWhole = !run.quick && !run.goals && run.scenarios.length === 0;
  return run.rttMs ?? (isWhole && delayedScenarios.includes(name) ? [0, 1] : [0]);
}

function takesPart({ name, store, isOurs, share }: BenchSystem, run: StoreRun): boolean {
  if (run.onlyStores.length > 0 && !run.onlyStores.includes(store)) return false;
  if (run.systems.length > 0) return run.systems.includes(name);
  // Five minutes are for the fastest; each store keeps a peer.
  return !run.quick || isOurs || share === undefined || name === "agenda";
}

function isAsked(name: string, { scenarios, quick }: StoreRun): boolean {
  if (scenarios.length > 0) return scenarios.includes(name);
  return !quick || quickScenarios.includes(name);
}
