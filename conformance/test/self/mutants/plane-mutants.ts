import type { EnqueueResult, ExchangeReply, NewJob, TimedStart } from "@revojs/core";
import { gap, type Mutant, overridden } from "./mutant.ts";
import { TokenLedger } from "./token-ledger.ts";

const act = { actor: "mutant", reason: "" };

export const planeMutants: readonly Mutant[] = [
  {
    name: "promote twice: due jobs are read, then put into their queues whatever became of them",
    killedBy: "due/promote-race",
    wrap(storage, { clock }) {
      const ledger = new TokenLedger();
      return overridden(storage, {
        async exchange(request): Promise<ExchangeReply> {
          const reply = await storage.exchange(request);
          ledger.note(request, reply);
          return reply;
        },
        upkeep: {
          async promote(limit) {
            const { jobs } = await storage.monitor.find({
              filter: { states: ["scheduled"], dueAt: { to: new Date(clock.nowMs() + 1) } },
              order: "natural",
              limit,
              scanLimit: 1000,
              detail: "ids",
            });
            await gap();
            const release = { kind: "release", delayMs: 0, refundAttempt: true } as const;
            await storage.exchange({
              serverId: "mutant",
              settle: jobs.map(({ id }) => ({
                jobId: id,
                token: ledger.tokenOf(id, "1"),
                outcome: { ...release, reason: "" },
              })),
            });
            return storage.upkeep.promote(limit);
          },
        },
      });
    },
  },
  {
    name: "unique is checked, then the job is inserted",
    killedBy: "concurrency/unique-race",
    wrap: (storage) =>
      overridden(storage, {
        async enqueue({ jobs, ...rest }): Promise<readonly EnqueueResult[]> {
          const keys = jobs.map((job) => job.unique?.key ?? "");
          const holders = await storage.monitor.holders(keys);
          await gap();
          const results: EnqueueResult[] = [];
          for (const [index, job] of jobs.entries()) {
            const holder = holders[index];
            const { unique: _unique, ...unguarded } = job;
            results.push(
              ...(holder && job.unique
                ? [{ kind: "duplicate", jobId: holder } as const]
                : await storage.enqueue({ jobs: [unguarded], ...rest })),
            );
          }
          return results;
        },
      }),
  },
  {
    name: "bulk stops at the first error",
    killedBy: "enqueue/one-result-per-job",
    wrap: (storage) =>
      overridden(storage, {
        async enqueue({ jobs, ...rest }): Promise<readonly EnqueueResult[]> {
          const results: EnqueueResult[] = [];
          for (const job of jobs) {
            const [result] = await storage.enqueue({ jobs: [job], ...rest });
            if (result === undefined) break;
            results.push(result);
            if (result.kind !== "created") break;
          }
          return results;
        },
      }),
  },
  {
    name: "prune deletes running jobs",
    killedBy: "retention/never-unfinished",
    wrap(storage, { clock }) {
      const ledger = new TokenLedger();
      return overridden(storage, {
        async exchange(request): Promise<ExchangeReply> {
          const reply = await storage.exchange(request);
          ledger.note(request, reply);
          return reply;
        },
        upkeep: {
          async prune(limit) {
            const { jobs } = await storage.monitor.find({
              filter: { states: ["processing"], createdAt: { to: new Date(clock.nowMs()) } },
              order: "natural",
              limit,
              scanLimit: 1000,
              detail: "ids",
            });
            await storage.exchange({
              serverId: "mutant",
              settle: jobs.map(({ id }) => ({
                jobId: id,
                token: ledger.tokenOf(id, "1"),
                outcome: { kind: "delete", retainMs: 0, reason: "" },
              })),
            });
            return storage.upkeep.prune(limit);
          },
        },
      });
    },
  },
  ...[-3_600_000, 3_600_000].map(
    (workerClockSkewMs): Mutant => ({
      name: "client clock in due times",
      killedBy: "start/delay-not-early",
      workerClockSkewMs,
      wrap(storage, { clock }) {
        const dated = (start: TimedStart): TimedStart =>
          start.kind === "delay"
            ? { kind: "at", runAt: new Date(clock.nowMs() + workerClockSkewMs + start.delayMs) }
            : start;
        const datedJob = (job: NewJob): NewJob =>
          job.start.kind === "after" ? job : { ...job, start: dated(job.start) };
        return overridden(storage, {
          enqueue: ({ jobs, ...rest }) => storage.enqueue({ jobs: jobs.map(datedJob), ...rest }),
          control: {
            reschedule: ({ start, ...rest }) =>
              storage.control.reschedule({ ...rest, ...act, start: dated(start) }),
          },
        });
      },
    }),
  ),
];
