import type { ExchangeReply, HeartbeatReply, JobId } from "@revojs/core";
import { anId } from "../../../src/builders.ts";
import { type Mutant, overridden } from "./mutant.ts";

export const recoverMutants: readonly Mutant[] = [
  {
    name: "recover without state guard: all that the server ever claimed goes back",
    killedBy: "recover/not-after-succeed",
    wrap(storage) {
      const claimed = new Map<string, JobId[]>();
      return overridden(storage, {
        async exchange(request): Promise<ExchangeReply> {
          const reply = await storage.exchange(request);
          const ids = reply.jobs.map((job) => job.id);
          claimed.set(request.serverId, [...(claimed.get(request.serverId) ?? []), ...ids]);
          return reply;
        },
        upkeep: {
          async recover(request) {
            const reply = await storage.upkeep.recover(request);
            const ids = claimed.get(request.serverId) ?? [];
            const act = { ids, actor: "mutant", reason: "" };
            await storage.control.requeue({ ...act, resetAttempts: false });
            return reply;
          },
        },
      });
    },
  },
  {
    name: "recover without beat guard",
    killedBy: "recover/beat-moved",
    wrap: (storage) =>
      overridden(storage, {
        upkeep: {
          async recover(request) {
            const servers = await storage.monitor.servers();
            const server = servers.find((one) => one.serverId === request.serverId);
            return storage.upkeep.recover({ ...request, beat: server?.beat ?? request.beat });
          },
        },
      }),
  },
  {
    name: "heartbeat revives a lost lease",
    killedBy: "lease/heartbeat-does-not-revive",
    wrap(storage) {
      const revived = new Map<string, string>();
      const nameOf = (serverId: string): string => revived.get(serverId) ?? serverId;
      return overridden(storage, {
        exchange: (request) => storage.exchange({ ...request, serverId: nameOf(request.serverId) }),
        async heartbeat(request): Promise<HeartbeatReply> {
          const reply = await storage.heartbeat({ ...request, serverId: nameOf(request.serverId) });
          if (reply.lease === "held") return reply;
          const serverId = anId();
          revived.set(request.serverId, serverId);
          return storage.register({ serverId, leaseMs: 15_000, info: "{}" });
        },
      });
    },
  },
];
