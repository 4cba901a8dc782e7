import type { ExchangeReply, ExchangeRequest, SettleStatus } from "../../src/storage/exchange.ts";
import type { IJobStorage } from "../../src/storage/job-storage.ts";
import type { RecoverReply } from "../../src/storage/upkeep.ts";

/** What really happened to a job, as the storage saw it, whatever anybody was told. */
export interface JobTruth {
  readonly id: string;
  /** Leases given, each counted once however often it was told. */
  grants: number;
  /** Given back without an end: releases with refund, recoveries. */
  refunds: number;
  /** Attempts that ended: succeeded, failed, to be retried. */
  ends: number;
  /** Of these, as succeeded. */
  successes: number;
  /** Of these, as failed or to be retried. */
  failures: number;
  /** The storage answered that it is deleted, and it was not processing then. */
  deleted: boolean;
}

/** Watches the calls that take effect on a storage and keeps the truth about every job; nothing is changed on the way. */
export class Truth {
  readonly jobs: Map<string, JobTruth> = new Map();
  readonly #leased = new Set<string>();
  readonly violations: string[] = [];

  of(id: string): JobTruth {
    let truth = this.jobs.get(id);
    if (truth === undefined) {
      truth = { id, grants: 0, refunds: 0, ends: 0, successes: 0, failures: 0, deleted: false };
      this.jobs.set(id, truth);
    }
    return truth;
  }

  /** The storage, watched. */
  watch(storage: IJobStorage): IJobStorage {
    return new Proxy(storage, {
      get: (target, key) => {
        if (key === "exchange")
          return (request: ExchangeRequest) => this.#exchange(target, request);
        if (key === "upkeep") return this.#upkeep(target);
        if (key === "control") return this.#control(target);
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }

  async #exchange(storage: IJobStorage, request: ExchangeRequest): Promise<ExchangeReply> {
    const reply = await storage.exchange(request);
    for (const [index, { jobId, outcome }] of request.settle.entries()) {
      this.#settled(this.of(jobId), outcome.kind, {
        status: reply.settled[index] ?? "stale",
        isRefund: outcome.kind === "release" && outcome.refundAttempt,
      });
    }
    for (const job of reply.jobs) {
      const lease = `${request.claim?.token ?? ""} ${job.id}`;
      if (this.#leased.has(lease)) continue;
      this.#leased.add(lease);
      this.of(job.id).grants += 1;
    }
    return reply;
  }

  #settled(
    truth: JobTruth,
    kind: string,
    { status, isRefund }: { readonly status: SettleStatus; readonly isRefund: boolean },
  ): void {
    if (status !== "settled" && status !== "deleted") return;
    if (isRefund) {
      truth.refunds += 1;
      return;
    }
    truth.ends += 1;
    if (kind === "succeed") truth.successes += 1;
    if (kind === "retry" || kind === "fail") truth.failures += 1;
    if (truth.successes > 1) this.violations.push(`I4: job ${truth.id} succeeded twice`);
  }

  #upkeep(storage: IJobStorage): IJobStorage["upkeep"] {
    return {
      ...storage.upkeep,
      recover: async (request): Promise<RecoverReply> => {
        const reply = await storage.upkeep.recover(request);
        if (reply.kind === "recovered") {
          for (const id of [...reply.returned, ...reply.failed, ...reply.deleted]) {
            this.of(id).refunds += 1;
          }
        }
        return reply;
      },
    };
  }

  #control(storage: IJobStorage): IJobStorage["control"] {
    return {
      ...storage.control,
      delete: async (request) => {
        const results = await storage.control.delete(request);
        for (const [index, id] of request.ids.entries()) {
          if (results[index]?.kind === "done") this.of(id).deleted = true;
        }
        return results;
      },
    };
  }
}
