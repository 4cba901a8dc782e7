import { CaseResources } from "./case-context.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import { missingNeed } from "./missing-need.ts";
import type { IStorageHarness, StorageOptions } from "./storage-harness.ts";

/** `skipped`: the storage or its harness lacks what the case needs; `reason` says what. */
export type CaseOutcome =
  | { readonly kind: "passed" }
  | { readonly kind: "skipped"; readonly reason: string };

/** Worker clocks under which each case runs: an hour behind, right, an hour ahead. In milliseconds. */
export const workerClockSkewsMs: readonly number[] = [-3_600_000, 0, 3_600_000];

/** The clocks under which this case is to be run. */
export function skewsOf(testCase: ConformanceCase): readonly number[] {
  return testCase.clocks === "once" ? [0] : workerClockSkewsMs;
}

/**
 * Runs one case on a store of its own, without any test runner, and removes the store again.
 *
 * @throws what the case threw: the storage does not conform.
 */
export async function runCase(
  testCase: ConformanceCase,
  harness: IStorageHarness,
  options: StorageOptions = { workerClockSkewMs: 0 },
): Promise<CaseOutcome> {
  const resources = new CaseResources(() => harness.create(options), options.workerClockSkewMs);
  let outcome: CaseOutcome;
  try {
    outcome = await runOn(resources, testCase);
  } catch (error) {
    // The case's own error is the news; that a broken storage does not close cleanly either is not.
    await resources.release().catch(() => {});
    throw error;
  }
  await resources.release();
  return outcome;
}

async function runOn(resources: CaseResources, testCase: ConformanceCase): Promise<CaseOutcome> {
  const store = await resources.store();
  if (testCase.opened !== false) await resources.open(store);
  // After `open`, since some capabilities are known only then.
  const reason = missingNeed(testCase, store);
  if (reason !== undefined) return { kind: "skipped", reason };
  await testCase.run(resources.contextOf(store));
  return { kind: "passed" };
}
