import { PostgresJobStorage } from "@revojs/postgres";
import type { BenchSystem } from "./bench-system.ts";
import { revoOn, type RevoVariant } from "./revo.ts";

const variant: Omit<RevoVariant, "keepsHistory"> = {
  store: "postgres",
  storeTitle: "PostgreSQL",
  settings: {
    drain: { concurrency: 100 },
    latency: { concurrency: 10 },
    steady: { concurrency: 50 },
    due: { concurrency: 100 },
  },
  storage: (connectionString) => new PostgresJobStorage({ connectionString }),
};

/** Succeeded jobs are dropped, as the fastest peers do. */
export const revoPostgres: BenchSystem = revoOn({ ...variant, keepsHistory: false });
/** Succeeded jobs are kept for a day, as by default. */
export const revoPostgresWithHistory: BenchSystem = revoOn({ ...variant, keepsHistory: true });
