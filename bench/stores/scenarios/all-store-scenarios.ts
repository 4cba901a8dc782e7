import { backlogs } from "./backlogs.ts";
import { costs } from "./costs.ts";
import { drains } from "./drains.ts";
import { enqueues } from "./enqueues.ts";
import { latencyScenarios } from "./latencies.ts";
import { recovery } from "./recovery.ts";
import { soak } from "./soak.ts";
import type { StoreScenario } from "./store-scenario.ts";

/** In the order of the tables. */
export const storeScenarios: readonly StoreScenario[] = [
  ...drains,
  ...backlogs,
  ...enqueues,
  ...latencyScenarios,
  recovery,
  ...costs,
  soak,
];

/** What `--quick` asks. */
export const quickScenarios: readonly string[] = [
  "drain",
  "drain-default",
  "bulk",
  "in-flight",
  "latency",
];

/** What is asked again over a network of a millisecond, where nothing else is said. */
export const delayedScenarios: readonly string[] = [
  "drain",
  "drain-default",
  "bulk",
  "in-flight",
  "latency",
];
