import type { PostgresTransaction } from "@revojs/postgres";
import { CompiledQuery, type Transaction } from "kysely";

/** A transaction of Kysely for `enqueueJob(job, { transaction })` and `context.completeIn(transaction)`. */
export function kyselyTransaction<Database>(
  transaction: Transaction<Database>,
): PostgresTransaction {
  return {
    query: (text, values) => transaction.executeQuery(CompiledQuery.raw(text, values)),
  };
}
