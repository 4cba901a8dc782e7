// Run by node-test.test.ts in a process of its own, where `node:test` is the runner.
import { jobStorageCases } from "@revojs/conformance";
import { describeJobStorage } from "@revojs/conformance/node-test";
import { memoryHarness } from "./memory-harness.ts";

const wanted = ["claim/content", "complexity/heartbeat", "transactions/commit"];

describeJobStorage(
  memoryHarness(),
  jobStorageCases.filter((testCase) => wanted.includes(testCase.id)),
);
