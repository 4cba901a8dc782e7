import type { ExchangeReply } from "@revojs/core";
import { aClaim, anId } from "../../../src/builders.ts";
import { type Mutant, overridden } from "./mutant.ts";
import { TokenLedger } from "./token-ledger.ts";

export const settleMutants: readonly Mutant[] = [
  {
    name: "settle by id only, whatever the token and the state",
    killedBy: "fence/finished-job",
    wrap(storage) {
      const ledger = new TokenLedger();
      return overridden(storage, {
        async exchange(request): Promise<ExchangeReply> {
          for (const { jobId } of request.settle) {
            const act = { ids: [jobId], actor: "mutant", reason: "" };
            await storage.control.requeue({ ...act, resetAttempts: false });
            await storage.control.move({ ...act, queue: "mutant" });
            const serverId = anId();
            await storage.register({ serverId, leaseMs: 1000, info: "{}" });
            const claim = aClaim({ queues: [{ queue: "mutant", limit: 1 }] });
            const taken = { serverId, settle: [], claim };
            ledger.note(taken, await storage.exchange(taken));
          }
          const reply = await storage.exchange(ledger.unfenced(request));
          ledger.note(request, reply);
          return reply;
        },
      });
    },
  },
  {
    name: "settle by id and state, whatever the token",
    killedBy: "fence/same-attempt-number",
    wrap(storage) {
      const ledger = new TokenLedger();
      return overridden(storage, {
        async exchange(request): Promise<ExchangeReply> {
          const reply = await storage.exchange(ledger.unfenced(request));
          ledger.note(request, reply);
          return reply;
        },
      });
    },
  },
  {
    name: "progress unfenced",
    killedBy: "reports/stale-after-recovery",
    wrap(storage) {
      const ledger = new TokenLedger();
      return overridden(storage, {
        async exchange(request): Promise<ExchangeReply> {
          const reply = await storage.exchange(request);
          ledger.note(request, reply);
          return reply;
        },
        reports: {
          report: (items) =>
            storage.reports.report(
              items.map((item) => ({ ...item, token: ledger.tokenOf(item.jobId, item.token) })),
            ),
        },
      });
    },
  },
  {
    name: "retry loses the payload",
    killedBy: "retry/keeps-content",
    wrap: (storage) =>
      overridden(storage, {
        async exchange(request): Promise<ExchangeReply> {
          const reply = await storage.exchange(request);
          const ids = request.settle
            .filter(({ outcome }) => outcome.kind === "retry")
            .map(({ jobId }) => jobId);
          const content = { payload: "null", envelope: "{}", tags: [], maxAttempts: 1 };
          await storage.control.replaceContent({ ids, actor: "mutant", reason: "", ...content });
          return reply;
        },
      }),
  },
];
