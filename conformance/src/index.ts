// The cases
export { jobStorageCases } from "./cases/job-storage-cases.ts";
export type { ConformanceCase, ConformanceNeed } from "./conformance-case.ts";
export type { CaseContext } from "./case-context.ts";

// What an adapter supplies
export type {
  IStorageHarness,
  StorageOptions,
  StorageUnderTest,
  TransactionUnderTest,
} from "./storage-harness.ts";

// Running them
export { type CaseOutcome, runCase, skewsOf, workerClockSkewsMs } from "./run-case.ts";
