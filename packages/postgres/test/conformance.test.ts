import { describeJobStorage } from "@revojs/conformance/vitest";
import { postgresHarness } from "./postgres-harness.ts";

describeJobStorage(postgresHarness("postgres"));
