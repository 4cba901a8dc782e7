import { RedisJobStorage } from "@revojs/redis";
import type { BenchSystem } from "./bench-system.ts";
import { revoOn, type RevoVariant } from "./revo.ts";

const variant: Omit<RevoVariant, "keepsHistory"> = {
  store: "redis",
  storeTitle: "Redis",
  settings: {
    drain: { concurrency: 100 },
    latency: { concurrency: 10 },
    steady: { concurrency: 50 },
    due: { concurrency: 100 },
  },
  storage: (connectionString) => new RedisJobStorage({ connectionString }),
};

/** Succeeded jobs are dropped, as the fastest peers do. */
export const revoRedis: BenchSystem = revoOn({ ...variant, keepsHistory: false });
/** Succeeded jobs are kept for a day, as by default. */
export const revoRedisWithHistory: BenchSystem = revoOn({ ...variant, keepsHistory: true });
