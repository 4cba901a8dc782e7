import { type ConformanceCase, jobStorageCases, runCase } from "@revojs/conformance";
import { AssertionError } from "node:assert/strict";
import { describe, expect, it } from "vitest";
import { memoryHarness } from "./memory-harness.ts";
import { claimMutants } from "./mutants/claim-mutants.ts";
import { planeMutants } from "./mutants/plane-mutants.ts";
import { recoverMutants } from "./mutants/recover-mutants.ts";
import { settleMutants } from "./mutants/settle-mutants.ts";

const mutants = [...claimMutants, ...settleMutants, ...recoverMutants, ...planeMutants];

describe("a broken storage", () => {
  it.each(mutants)(
    "is found by its case: $name ($killedBy, clock $workerClockSkewMs)",
    async (mutant) => {
      const { killedBy, workerClockSkewMs = 0 } = mutant;
      const testCase = caseOf(killedBy);
      const harness = memoryHarness(mutant.wrap, mutant.name);

      const run = runCase(testCase, harness, { workerClockSkewMs });

      await expect(run).rejects.toThrow(AssertionError);
    },
  );

  it.each(mutants)("has a case that the reference storage passes: $killedBy", async (mutant) => {
    const { killedBy, workerClockSkewMs = 0 } = mutant;

    const outcome = await runCase(caseOf(killedBy), memoryHarness(), { workerClockSkewMs });

    expect(outcome).toEqual({ kind: "passed" });
  });

  it.each(mutants)("works where it is not broken: $name", async (mutant) => {
    const harness = memoryHarness(mutant.wrap, mutant.name);

    for (const id of ["enqueue/created", "claim/content", "settle/batch", "recover/returned"]) {
      expect(await runCase(caseOf(id), harness), id).toEqual({ kind: "passed" });
    }
  });

  it("is one of fifteen kinds", () => {
    expect(new Set(mutants.map((mutant) => mutant.name)).size).toBe(15);
  });
});

function caseOf(id: string): ConformanceCase {
  const testCase = jobStorageCases.find((one) => one.id === id);
  if (testCase === undefined) throw new Error(`There is no case ${id}`);
  return testCase;
}
