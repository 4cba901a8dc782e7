import { describeJobStorage } from "@revojs/conformance/vitest";
import { describe } from "vitest";
import { redisHarness } from "./redis-harness.ts";
import { serverUrl } from "./server.ts";

if (serverUrl === undefined) {
  describe.skip("job storage: redis (no server: set REVO_TEST_REDIS_URL)", () => {});
} else {
  describeJobStorage(redisHarness(serverUrl));
}
