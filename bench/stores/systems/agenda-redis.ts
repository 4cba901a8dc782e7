import { RedisBackend } from "@agendajs/redis-backend";
import { Redis } from "ioredis5";
import { agendaOn } from "./agenda.ts";
import type { BenchSystem } from "./bench-system.ts";

export const agendaOnRedis: BenchSystem = agendaOn(
  {
    name: "agenda-redis",
    title: "Agenda on Redis",
    store: "redis",
    // A claim sorts all jobs that wait, so that more of them take longer each.
    share: { drain: 0.01, bulk: 0.1 },
  },
  {
    create: (url) => new RedisBackend({ connectionString: url }),
    async pending(url) {
      const client = new Redis(url);
      return {
        count: () => client.zcount("agenda:jobs:by_next_run_at", "-inf", Date.now()),
        close: async () => client.disconnect(),
      };
    },
  },
);
