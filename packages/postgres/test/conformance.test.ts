import { describeJobStorage, describeWithServer } from "@revojs/conformance/vitest";
import { postgresHarness } from "./postgres-harness.ts";

describeWithServer("postgres", "PostgreSQL", () => {
  describeJobStorage(postgresHarness("postgres"));
});
