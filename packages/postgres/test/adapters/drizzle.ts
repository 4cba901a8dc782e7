import type { PostgresTransaction } from "@revojs/postgres";
import { type SQL, sql } from "drizzle-orm";

/** A transaction of Drizzle, as far as it is needed. */
interface DrizzleTransaction {
  execute(query: SQL): PromiseLike<{ readonly rows: readonly unknown[] }>;
}

/** A transaction of Drizzle for `enqueueJob(job, { transaction })` and `context.completeIn(transaction)`. */
export function drizzleTransaction(transaction: DrizzleTransaction): PostgresTransaction {
  return {
    query: async (text, values) => {
      const parts = text.split(/\$\d+/).map((part) => sql.raw(part));
      const chunks = parts.flatMap((part, at) =>
        at === 0 ? [part] : [sql`${values[at - 1]}`, part],
      );
      return await transaction.execute(sql.join(chunks));
    },
  };
}
