import { afterAll, describe, test } from "vitest";
import { jobStorageCases } from "./cases/job-storage-cases.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import { runCase, skewsOf, workerClockSkewsMs } from "./run-case.ts";
import { SkipCount } from "./skip-count.ts";
import type { IStorageHarness } from "./storage-harness.ts";
import { describeSkew, timeoutOf } from "./titles.ts";

/**
 * Declares one vitest test for each case and worker clock. Skips carry their reason and are summed up at the end.
 *
 * @param cases The cases to run. Defaults to all of them; a part is for the time of writing an adapter.
 */
export function describeJobStorage(
  harness: IStorageHarness,
  cases: readonly ConformanceCase[] = jobStorageCases,
): void {
  const skips = new SkipCount();
  describe(`job storage: ${harness.name}`, () => {
    for (const workerClockSkewMs of workerClockSkewsMs) {
      describe(describeSkew(workerClockSkewMs), () => {
        for (const testCase of cases) {
          if (!skewsOf(testCase).includes(workerClockSkewMs)) continue;
          test(`${testCase.id}: ${testCase.title}`, { timeout: timeoutOf(testCase) }, async ({
            skip,
          }) => {
            const outcome = await runCase(testCase, harness, { workerClockSkewMs });

            if (outcome.kind === "skipped") {
              skips.add(outcome.reason);
              skip(outcome.reason);
            }
          });
        }
      });
    }
    afterAll(() => skips.print(harness.name));
  });
}
