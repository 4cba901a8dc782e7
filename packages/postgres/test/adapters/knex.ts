import type { PostgresTransaction } from "@revojs/postgres";
import type { Knex } from "knex";

/** A transaction of Knex for `enqueueJob(job, { transaction })` and `context.completeIn(transaction)`. */
export function knexTransaction(transaction: Knex.Transaction): PostgresTransaction {
  return {
    query: async (text, values) => {
      const bindings = values as Knex.RawBinding[];
      return await transaction.raw<{ rows: unknown[] }>(text.replaceAll(/\$\d+/g, "?"), bindings);
    },
  };
}
