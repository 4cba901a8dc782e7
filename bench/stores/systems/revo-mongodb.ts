import { MongodbJobStorage } from "@revojs/mongodb";
import type { BenchSystem } from "./bench-system.ts";
import { revoOn, type RevoVariant } from "./revo.ts";

const variant: Omit<RevoVariant, "keepsHistory"> = {
  store: "mongodb",
  storeTitle: "MongoDB",
  settings: {
    drain: { concurrency: 1000 },
    latency: { concurrency: 10 },
    steady: { concurrency: 50 },
    due: { concurrency: 100 },
  },
  storage: (url) => new MongodbJobStorage({ url }),
};

/** Succeeded jobs are dropped, as the fastest peers do. */
export const revoMongodb: BenchSystem = revoOn({ ...variant, keepsHistory: false });
/** Succeeded jobs are kept for a day, as by default. */
export const revoMongodbWithHistory: BenchSystem = revoOn({ ...variant, keepsHistory: true });
