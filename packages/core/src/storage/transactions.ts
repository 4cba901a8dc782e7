import type { EnqueueRequest, EnqueueResult } from "./enqueue.ts";
import type { Settlement } from "./exchange.ts";

/** In the caller's transaction of the same database; nothing is seen by others before its commit, nothing remains after its rollback. */
export interface IJobTransactions<TTransaction> {
  /** As `enqueue`. `wake` is for after the commit; without it the poll finds the jobs. @throws `REVO_TRANSACTION_INVALID`: not of this storage, or over. */
  enqueueIn(
    transaction: TTransaction,
    request: EnqueueRequest,
  ): Promise<{ readonly results: readonly EnqueueResult[]; wake(): Promise<void> }>;
  /** As one settlement. @throws `REVO_LEASE_LOST` for anything but `settled`: the caller rolls back; the job is whoever's it is. */
  completeIn(transaction: TTransaction, settlement: Settlement): Promise<void>;
}
