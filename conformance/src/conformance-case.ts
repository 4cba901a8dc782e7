import type { JobFilter, JobOrder } from "@revojs/core";
import type { CaseContext } from "./case-context.ts";

/**
 * What a case cannot do without. A facet, a capability or a filter is missing when the storage does not declare it; a hook is
 * missing when the harness does not offer it. There is no other way to skip a case: what is declared is tested.
 */
export type ConformanceNeed =
  | "facet:wakeUps"
  | "facet:transactions"
  | "facet:reports"
  | "facet:metrics"
  | "facet:suggest"
  | "capability:followUps"
  | `filter:${keyof JobFilter}`
  | `order:${JobOrder}`
  | "hook:second"
  | "hook:work"
  | "hook:snapshot"
  | "hook:corrupt";

/** One sentence of the storage contract as something that runs. Plain data, on `node:assert` only: any test runner will do. */
export interface ConformanceCase {
  /** `<group>/<name>`. Never renamed and never used again: reports, fixes and mutants refer to it. */
  readonly id: string;
  /** What holds, as a sentence in the present tense. */
  readonly title: string;
  /** @defaultValue none: every storage runs it */
  readonly needs?: readonly ConformanceNeed[];
  /**
   * `once`: too dear to be repeated under each worker clock, run with the right one only.
   * @defaultValue `each`
   */
  readonly clocks?: "each" | "once";
  /**
   * Whether the storage is opened before `run`.
   * @defaultValue true
   */
  readonly opened?: boolean;
  /** Throws (an `AssertionError`, or whatever the storage threw) when the sentence does not hold. */
  run(context: CaseContext): Promise<void>;
}
