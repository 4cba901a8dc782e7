import type { ExchangeReply } from "@revojs/core";
import { gap, type Mutant, overridden } from "./mutant.ts";

export const claimMutants: readonly Mutant[] = [
  {
    name: "claim without lock: jobs are read, then taken",
    killedBy: "claim/two-at-once",
    wrap: (storage) =>
      overridden(storage, {
        async exchange(request): Promise<ExchangeReply> {
          if (request.claim === undefined) return storage.exchange(request);
          const { jobs: seen } = await storage.monitor.find({
            filter: { states: ["enqueued"], queues: request.claim.queues.map((one) => one.queue) },
            order: "natural",
            limit: request.claim.limit,
            scanLimit: 1000,
            detail: "full",
          });
          await gap();
          const reply = await storage.exchange(request);
          const jobs = seen.map((record) => {
            const own = reply.jobs.find((job) => job.id === record.id);
            const { payload, envelope } = record.texts ?? { payload: "", envelope: "" };
            return own ?? { ...record, payload, envelope, attempt: 1, waitedMs: 0 };
          });
          return { ...reply, jobs };
        },
      }),
  },
  {
    name: "claim ignores pause",
    killedBy: "pause/gives-nothing",
    wrap: (storage) =>
      overridden(storage, {
        async exchange(request): Promise<ExchangeReply> {
          const paused = (await storage.monitor.queues()).filter((queue) => queue.pause);
          for (const { queue } of paused) {
            await storage.control.resumeQueue({ queue, actor: "mutant" });
          }
          const reply = await storage.exchange(request);
          for (const { queue } of paused) {
            await storage.control.pauseQueue({ queue, actor: "mutant", reason: "" });
          }
          return reply;
        },
      }),
  },
  {
    name: "token from a counter that rolls back",
    killedBy: "fence/rolled-back-claim",
    wrap(storage) {
      const issued = new Map<string, string>();
      const counted = (token: string): string => issued.get(token) ?? token;
      return overridden(storage, {
        async exchange(request): Promise<ExchangeReply> {
          const { claim } = request;
          // How many claims the store remembers: after a rollback it counts from there again.
          if (claim !== undefined && !issued.has(claim.token)) {
            const { count } = await storage.monitor.count(
              { states: ["processing"] },
              { atMost: 1000 },
            );
            issued.set(claim.token, `${count + 1}`);
          }
          return storage.exchange({
            ...request,
            settle: request.settle.map((one) => ({ ...one, token: counted(one.token) })),
            ...(claim === undefined ? {} : { claim: { ...claim, token: counted(claim.token) } }),
          });
        },
      });
    },
  },
];
