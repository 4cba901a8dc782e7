import type { ConformanceCase } from "./conformance-case.ts";

const MINUTE_MS = 60_000;

/** How a worker clock is called in titles. */
export function describeSkew(skewMs: number): string {
  if (skewMs === 0) return "worker clock right";
  const minutes = Math.abs(skewMs) / MINUTE_MS;
  return `worker clock ${minutes} min ${skewMs < 0 ? "behind" : "ahead"}`;
}

/** Generous, since real servers are slow and a hanging case must still end. In milliseconds. */
export function timeoutOf(testCase: ConformanceCase): number {
  return testCase.clocks === "once" ? 5 * MINUTE_MS : MINUTE_MS;
}
