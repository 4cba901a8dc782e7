// The process of one limit: measures it once and writes its figures as JSON.
import type { Sizes } from "../sizes.ts";
import type { Store } from "../systems/bench-system.ts";
import type { LimitName, StoreLimits } from "./store-limit.ts";

export interface LimitOrder {
  readonly store: Store;
  readonly limit: LimitName;
  readonly url: string;
  readonly sizes: Sizes;
}

const loaders: Readonly<Record<Store, () => Promise<StoreLimits>>> = {
  postgres: async () => (await import("./postgres-limits.ts")).postgresLimits,
  redis: async () => (await import("./redis-limits.ts")).redisLimits,
  mongodb: async () => (await import("./mongodb-limits.ts")).mongodbLimits,
};

const order = JSON.parse(process.env["REVO_BENCH_LIMIT"] ?? "") as LimitOrder;
const limits = await loaders[order.store]();
const figures = await limits[order.limit](order.url, order.sizes);
process.stdout.write(JSON.stringify(figures), () => process.exit());
