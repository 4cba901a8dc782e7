import { describe, expect, it } from "vitest";
import { RevoError } from "../../src/errors.ts";
import { job } from "../../src/handlers/define-job.ts";
import type { JobContext } from "../../src/handlers/job-context.ts";
import { readError } from "../../src/job/job-error.ts";
import type { Settlement } from "../../src/storage/exchange.ts";
import type { IJobStorage } from "../../src/storage/job-storage.ts";
import { Cluster, facetsOf, toldBy, type Member } from "./cluster.ts";

/** A transaction of a storage that has such: what is done in it counts when it commits. */
class Transaction {
  settlement: Settlement | null = null;
  readonly #memory: IJobStorage;

  constructor(memory: IJobStorage) {
    this.#memory = memory;
  }

  async commit(): Promise<void> {
    if (this.settlement !== null) {
      await this.#memory.exchange({ serverId: "-", settle: [this.settlement] });
    }
  }
}

/** The memory storage does not undo; this much of transactions is enough to complete a job in one. */
function withTransactions(memory: IJobStorage): IJobStorage<unknown> {
  return {
    ...facetsOf(memory),
    transactions: {
      enqueueIn: async () => ({ results: [], wake: async () => {} }),
      completeIn: async (transaction, settlement) => {
        (transaction as Transaction).settlement = settlement;
      },
    },
  };
}

async function serve(
  cluster: Cluster,
  handle: (context: JobContext, transaction: Transaction) => Promise<unknown>,
): Promise<Member & { readonly id: string }> {
  const work = job(
    "work",
    async (_payload: object, context) => await handle(context, new Transaction(cluster.memory)),
    { maxAttempts: 2, retry: { kind: "fixed", delay: "1 s" } },
  );
  const member = await cluster.start({
    jobs: (jobs) => jobs.add(work),
    wrap: (memory) => withTransactions(memory),
  });
  const { id } = await member.revo.scheduler.enqueueJob(work, {});
  await cluster.settle();
  return { ...member, id };
}

describe("completeIn", () => {
  it("completes the job with the transaction, result and all; the return settles nothing more", async () => {
    await using cluster = await Cluster.open();

    const server = await serve(cluster, async (context, transaction) => {
      await context.completeIn(transaction, { paid: true });
      await transaction.commit();
      return "not this";
    });

    const record = await cluster.record(server.id);
    expect(record).toMatchObject({ state: "succeeded", attempt: 1 });
    expect(record.texts?.result).toContain("paid");
    expect(toldBy(server, "job.succeeded").map(({ jobId }) => jobId)).toEqual([server.id]);
    expect(toldBy(server, "job.retried")).toEqual([]);
    expect(toldBy(server, "job.lease-lost")).toEqual([]);
  });

  it("stands when the handler throws after the commit", async () => {
    await using cluster = await Cluster.open();

    const server = await serve(cluster, async (context, transaction) => {
      await context.completeIn(transaction);
      await transaction.commit();
      throw new Error("afterwards");
    });

    expect(await cluster.record(server.id)).toMatchObject({ state: "succeeded", attempt: 1 });
    expect(toldBy(server, "job.succeeded")).toHaveLength(1);
    expect(toldBy(server, "job.retried")).toEqual([]);
  });

  it("leaves a job that is tried again when the transaction was not committed", async () => {
    await using cluster = await Cluster.open();

    const server = await serve(cluster, async (context, transaction) => {
      await context.completeIn(transaction);
      if (context.attempt === 2) await transaction.commit();
    });
    await cluster.advance(2_000);

    const record = await cluster.record(server.id);
    expect(record).toMatchObject({ state: "succeeded", attempt: 2 });
    expect(readError(record.history?.[0]?.error?.text ?? "")).toMatchObject({
      code: "REVO_TRANSACTION_INVALID",
    });
    expect(toldBy(server, "job.retried")).toHaveLength(1);
  });

  it("fails the attempt like any error when it throws and the handler lets it through", async () => {
    await using cluster = await Cluster.open();
    const server = await serve(cluster, async (context) => {
      if (context.attempt === 1) throw new RevoError("REVO_LEASE_LOST", "somebody else has it");
    });

    await cluster.advance(2_000);

    expect(await cluster.record(server.id)).toMatchObject({ state: "succeeded", attempt: 2 });
  });

  it("refuses a result that cannot be stored, before the transaction is touched", async () => {
    await using cluster = await Cluster.open();
    const seen: unknown[] = [];

    await serve(cluster, async (context, transaction) => {
      const error = await context
        .completeIn(transaction, () => {})
        .catch((thrown: unknown) => thrown);
      seen.push((error as RevoError).code, transaction.settlement);
    });

    expect(seen).toEqual(["REVO_RESULT_NOT_SERIALIZABLE", null]);
  });
});
