import type { Interval } from "./job-operation.ts";
import { after, NEW_JOB, type SpecifiedJob } from "./job-specification.ts";

/**
 * Whether the operations on one job can be put one after another, each within its own interval, so that every answer is right
 * (Wing and Gong's search, with a memory of what was tried).
 */
export function isLinearizable(intervals: readonly Interval[]): boolean {
  const ordered = intervals.toSorted((one, other) => one.calledAt - other.calledAt);
  const tried = new Set<string>();

  const search = (job: SpecifiedJob, left: readonly Interval[]): boolean => {
    if (left.length === 0) return true;
    const memo = `${left.map((interval) => interval.calledAt).join()}|${JSON.stringify(job)}`;
    if (tried.has(memo)) return false;
    tried.add(memo);
    // What was called after another's answer cannot come before it.
    const firstAnswer = Math.min(...left.map((interval) => interval.answeredAt));
    return left.some((interval) => {
      if (interval.calledAt > firstAnswer) return false;
      const next = after(job, interval.operation);
      return (
        next !== undefined &&
        search(
          next,
          left.filter((other) => other !== interval),
        )
      );
    });
  };
  return search(NEW_JOB, ordered);
}
