import { describeJobStorage, describeWithServer } from "@revojs/conformance/vitest";
import { redisHarness } from "./redis-harness.ts";

describeWithServer("redis", "Redis", ({ url }) => {
  describeJobStorage(redisHarness(url));
});
