import { writeFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";

/** What `npm test` needs to know of a run of vitest. */
export interface TestReport {
  readonly files: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly { readonly title: string; readonly reason: string }[];
}

/** The reason of a skip that has none. */
export const unsaid = "it does not say why";

/** Writes a {@link TestReport} to the file that `REVO_TEST_REPORT` names. A skip keeps its reason. */
export default class TestReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const file = process.env["REVO_TEST_REPORT"];
    if (file === undefined) return;
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const report: TestReport = {
      files: modules.length,
      passed: tests.filter((test) => test.result().state === "passed").length,
      failed: tests.filter((test) => test.result().state === "failed").length,
      skipped: tests.flatMap((test) => {
        const result = test.result();
        if (result.state !== "skipped") return [];
        return [{ title: test.fullName, reason: result.note ?? unsaid }];
      }),
    };
    writeFileSync(file, JSON.stringify(report));
  }
}
