import { describe, expect, it } from "vitest";
import {
  canTransition,
  finalStates,
  isFinal,
  type JobState,
  jobStates,
} from "../../src/job/job-state.ts";

/** Every allowed step, written out on its own: the code's table has to agree with it pair by pair. */
const allowed: ReadonlySet<string> = new Set([
  "new → scheduled",
  "new → enqueued",
  "new → awaiting",
  "scheduled → enqueued",
  "scheduled → deleted",
  "enqueued → processing",
  "enqueued → scheduled",
  "enqueued → throttled",
  "enqueued → deleted",
  "throttled → enqueued",
  "throttled → scheduled",
  "throttled → deleted",
  "awaiting → scheduled",
  "awaiting → enqueued",
  "awaiting → deleted",
  "processing → succeeded",
  "processing → failed",
  "processing → scheduled",
  "processing → enqueued",
  "processing → deleted",
  "failed → enqueued",
  "failed → deleted",
  "succeeded → enqueued",
  "succeeded → deleted",
  "deleted → enqueued",
]);

const pairs: readonly (readonly [JobState | "new", JobState])[] = (
  ["new", ...jobStates] as const
).flatMap((from) => jobStates.map((to) => [from, to] as const));

describe("the table of states", () => {
  it.each(pairs)("decides about %s → %s", (from, to) => {
    expect(canTransition(from, to)).toBe(allowed.has(`${from} → ${to}`));
  });

  it("has eight states, each of which can be reached", () => {
    expect(jobStates).toHaveLength(8);
    for (const to of jobStates) {
      expect(pairs.some(([from, target]) => target === to && canTransition(from, to))).toBe(true);
    }
  });

  it("knows no state by a name of Object's own", () => {
    expect(() => canTransition("constructor" as JobState, "enqueued")).toThrow();
  });

  it("ends in succeeded, failed and deleted", () => {
    expect(jobStates.filter(isFinal)).toEqual(finalStates);
    expect(finalStates).toEqual(["succeeded", "failed", "deleted"]);
  });
});
