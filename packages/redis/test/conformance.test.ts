import { describeJobStorage, describeWithServer } from "@revojs/conformance/vitest";
import { Redis } from "ioredis";
import { Redis as Redis5 } from "ioredis5";
import { afterAll, describe, test } from "vitest";
import { startCluster } from "./cluster-of-three.ts";
import { redisHarness } from "./redis-harness.ts";

describeWithServer("redis", "Redis", ({ url }) => {
  describeJobStorage(
    redisHarness({
      name: "redis, types and tags indexed",
      connect: () => new Redis(url),
      options: { indexTags: true },
    }),
  );

  describeJobStorage(redisHarness({ name: "redis, RESP3", connect: () => new Redis(url) }));

  describeJobStorage(
    redisHarness({
      name: "redis, three partitions",
      connect: () => new Redis(url),
      options: { partitions: 3 },
    }),
  );

  // The older major speaks RESP2 only.
  describeJobStorage(
    redisHarness({ name: "redis, ioredis 5", connect: () => new Redis5(url) as unknown as Redis }),
  );
});

describe("Redis Cluster", async () => {
  const cluster = await startCluster();
  if ("reason" in cluster) {
    test("a cluster of three can be started", ({ skip }) => skip(cluster.reason));
    return;
  }
  afterAll(() => cluster[Symbol.asyncDispose]());

  describeJobStorage(redisHarness({ name: "redis, cluster of three", connect: cluster.connect }));

  describeJobStorage(
    redisHarness({
      name: "redis, three partitions in a cluster of three",
      connect: cluster.connect,
      options: { partitions: 3 },
    }),
  );
});
