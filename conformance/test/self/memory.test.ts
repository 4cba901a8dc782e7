import { describeJobStorage } from "@revojs/conformance/vitest";
import { memoryHarness } from "./memory-harness.ts";

describeJobStorage(memoryHarness());
