import { afterAll, describe, test } from "vitest";
import { jobStorageCases } from "./cases/job-storage-cases.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import { runCase, skewsOf, workerClockSkewsMs } from "./run-case.ts";
import { SkipCount } from "./skip-count.ts";
import { testServer } from "./servers/share-servers.ts";
import type { StoreName, TestServer } from "./servers/test-server.ts";
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

/**
 * Declares tests that need a real server of `store`, in a `describe` of that title. Where no server is found there is one test instead,
 * which is skipped by name and reason, or fails where the environment says `CI=true`.
 *
 * @param declare Declares the tests. Called while the file is collected, when the server accepts connections.
 */
export function describeWithServer(
  store: StoreName,
  title: string,
  declare: (server: TestServer) => void | Promise<void>,
): void {
  describe(title, async () => {
    const found = await testServer(store);
    if (found.kind === "found") {
      await declare(found.server);
      return;
    }
    test(`a server of ${store} is found`, ({ skip }) => {
      if (process.env["CI"] === "true") throw new Error(found.reason);
      skip(found.reason);
    });
  });
}
