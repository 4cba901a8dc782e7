import { coreDrain } from "./core-drain.ts";
import { coreHeap } from "./core-heap.ts";
import { coreHistory } from "./core-history.ts";
import { coreLatency } from "./core-latency.ts";
import { memoryStorage } from "./memory-storage.ts";
import { pQueue } from "./p-queue.ts";
import { promiseLoop } from "./promise-loop.ts";
import type { Scenario } from "./scenario.ts";

/** In the order of the table. */
export const scenarios: readonly Scenario[] = [
  promiseLoop,
  pQueue,
  memoryStorage,
  coreDrain,
  coreHistory,
  coreLatency,
  coreHeap,
];
