import type { BenchSystem } from "./bench-system.ts";

/**
 * How each system is loaded, by its name and in the order of the tables: ours, then the peers. A process under test loads one
 * and no other.
 */
const loaders: Readonly<Record<string, () => Promise<BenchSystem>>> = {
  "revo-postgres": async () => (await import("./revo-postgres.ts")).revoPostgres,
  "revo-postgres-history": async () => (await import("./revo-postgres.ts")).revoPostgresWithHistory,
  "graphile-worker": async () => (await import("./graphile-worker.ts")).graphileWorker,
  "pg-boss": async () => (await import("./pg-boss.ts")).pgBoss,
  "bullmq-postgres": async () => (await import("./bullmq.ts")).bullmqOnPostgres,
  "agenda-postgres": async () => (await import("./agenda-postgres.ts")).agendaOnPostgres,
  "sidequest-postgres": async () => (await import("./sidequest.ts")).sidequestOnPostgres,
  "revo-redis": async () => (await import("./revo-redis.ts")).revoRedis,
  "revo-redis-history": async () => (await import("./revo-redis.ts")).revoRedisWithHistory,
  bullmq: async () => (await import("./bullmq.ts")).bullmqOnRedis,
  "bullmq-history": async () => (await import("./bullmq.ts")).bullmqOnRedisWithHistory,
  "bee-queue": async () => (await import("./bee-queue.ts")).beeQueue,
  "agenda-redis": async () => (await import("./agenda-redis.ts")).agendaOnRedis,
  "revo-mongodb": async () => (await import("./revo-mongodb.ts")).revoMongodb,
  "revo-mongodb-history": async () => (await import("./revo-mongodb.ts")).revoMongodbWithHistory,
  agenda: async () => (await import("./agenda-mongodb.ts")).agendaOnMongodb,
  sidequest: async () => (await import("./sidequest.ts")).sidequestOnMongodb,
};

export const systemNames: readonly string[] = Object.keys(loaders);

/** @throws RangeError There is no such system. */
export async function loadSystem(name: string): Promise<BenchSystem> {
  const load = loaders[name];
  if (load === undefined) throw new RangeError(`There is no system "${name}"`);
  return await load();
}
