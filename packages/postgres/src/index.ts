// The storage
export { PostgresJobStorage } from "./postgres-job-storage.ts";
export type { PostgresJobStorageOptions } from "./options.ts";

// What it takes of yours
export type { PostgresClient, PostgresPool, PostgresQuery } from "./pool.ts";
export type { PostgresTransaction } from "./operations/transactions.ts";

// Migrations
export { postgresMigrationSql } from "./migrate.ts";
