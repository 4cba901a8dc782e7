import { describeJobStorage, describeWithServer } from "@revojs/conformance/vitest";
import { afterAll } from "vitest";
import { MongodbHarness } from "./mongodb-harness.ts";

describeWithServer("mongodb", "MongoDB as a replica set", ({ url }) => {
  const harness = new MongodbHarness("mongodb, a replica set", url);
  afterAll(() => harness.close());
  describeJobStorage(harness);
});

describeWithServer("mongodb-standalone", "MongoDB standalone", ({ url }) => {
  const harness = new MongodbHarness("mongodb, a standalone server", url);
  afterAll(() => harness.close());
  describeJobStorage(harness);
});
