import { jobStorageCases, runCase } from "@revojs/conformance";
import { describe, expect, it } from "vitest";
import type { Interval, JobOperation } from "../../src/history/job-operation.ts";
import { isLinearizable } from "../../src/history/linearize.ts";
import { memoryHarness } from "./memory-harness.ts";
import { settleMutants } from "./mutants/settle-mutants.ts";

const claim = (token: string, attempt = 1, serverId = "a"): JobOperation => ({
  kind: "claim",
  token,
  serverId,
  attempt,
});

const settle = (
  token: string,
  outcome: Extract<JobOperation, { kind: "settle" }>["outcome"],
  status: Extract<JobOperation, { kind: "settle" }>["status"],
): JobOperation => ({ kind: "settle", token, outcome, status });

const recover = (
  result: Extract<JobOperation, { kind: "recover" }>["result"],
  serverId = "a",
): JobOperation => ({ kind: "recover", serverId, result });

/** One after another, in the order given. */
function inTurn(...operations: readonly JobOperation[]): readonly Interval[] {
  return operations.map((operation, index) => ({
    calledAt: 2 * index,
    answeredAt: 2 * index + 1,
    operation,
  }));
}

/** The given operations in turn, but for the last two, which overlap. */
function withLastTwoAtOnce(...operations: readonly JobOperation[]): readonly Interval[] {
  const last = operations.length - 1;
  return inTurn(...operations).map((interval, index) =>
    index === last ? { ...interval, calledAt: 2 * index - 1.5 } : interval,
  );
}

describe("a right history", () => {
  const right: readonly (readonly [string, readonly Interval[]])[] = [
    ["nothing happened", []],
    ["a job ran", inTurn(claim("1"), settle("1", "succeed", "settled"))],
    ["a retry", inTurn(claim("1"), settle("1", "retry", "settled"), claim("2", 2))],
    [
      "a release gives the attempt back",
      inTurn(claim("1"), settle("1", "release", "settled"), claim("2", 1)),
    ],
    [
      "a late settlement",
      inTurn(claim("1"), recover("returned"), settle("1", "fail", "stale"), claim("2", 1, "b")),
    ],
    [
      "a repeat",
      inTurn(claim("1"), settle("1", "succeed", "settled"), settle("1", "succeed", "already")),
    ],
    [
      "the second of two at once came first",
      withLastTwoAtOnce(claim("1"), settle("1", "fail", "stale"), recover("returned")),
    ],
    [
      "a deletion at once with its settlement",
      withLastTwoAtOnce(claim("1"), settle("1", "retry", "deleted"), {
        kind: "delete",
        result: "requested",
      }),
    ],
    [
      "a requeue",
      inTurn(
        claim("1"),
        settle("1", "fail", "settled"),
        { kind: "requeue", result: "done" },
        claim("2", 2),
      ),
    ],
  ];

  it.each(right)("is accepted: %s", (_name, intervals) => {
    expect(isLinearizable(intervals)).toBe(true);
  });
});

describe("a wrong history", () => {
  const wrong: readonly (readonly [string, readonly Interval[]])[] = [
    ["two claims of one job", inTurn(claim("1"), claim("2", 2))],
    ["two claims of one job at once", withLastTwoAtOnce(claim("1"), claim("2"))],
    [
      "two settlements of one claim",
      inTurn(claim("1"), settle("1", "succeed", "settled"), settle("1", "succeed", "settled")),
    ],
    [
      "a settlement by a zombie",
      inTurn(
        claim("1"),
        recover("returned"),
        claim("2", 1, "b"),
        settle("1", "succeed", "settled"),
      ),
    ],
    [
      "a settlement after recovery",
      inTurn(claim("1"), recover("returned"), settle("1", "succeed", "settled")),
    ],
    ["a run after success", inTurn(claim("1"), settle("1", "succeed", "settled"), claim("2", 2))],
    [
      "a recovery of a settled job",
      inTurn(claim("1"), settle("1", "succeed", "settled"), recover("returned")),
    ],
    ["two recoveries of one lease", inTurn(claim("1"), recover("returned"), recover("returned"))],
    [
      "a recovery that counts the attempt",
      inTurn(claim("1"), recover("returned"), claim("2", 2, "b")),
    ],
    [
      "a retry that loses the attempt",
      inTurn(claim("1"), settle("1", "retry", "settled"), claim("2", 1)),
    ],
    [
      "a deletion that a retry undoes",
      inTurn(claim("1"), { kind: "delete", result: "requested" }, settle("1", "retry", "settled")),
    ],
    ["a deleted job that is claimed", inTurn({ kind: "delete", result: "done" }, claim("1"))],
    ["a requeue of a running job", inTurn(claim("1"), { kind: "requeue", result: "done" })],
    [
      "a stale read",
      inTurn(claim("1"), settle("1", "succeed", "settled"), { kind: "read", state: "processing" }),
    ],
    ["a fresh settlement called stale", inTurn(claim("1"), settle("1", "succeed", "stale"))],
  ];

  it.each(wrong)("is refused: %s", (_name, intervals) => {
    expect(isLinearizable(intervals)).toBe(false);
  });
});

describe("the histories of storages", () => {
  const testCase = jobStorageCases.find(({ id }) => id === "concurrency/linearizable");

  it("that do not fence are refused", async () => {
    const mutant = settleMutants.find(({ killedBy }) => killedBy === "fence/same-attempt-number");

    const run = runCase(testCase ?? expect.fail(), memoryHarness(mutant?.wrap));

    await expect(run).rejects.toThrow("has no order");
  });
});
