import { describe, expect, it } from "vitest";
import { PostgresJobStorage } from "../src/postgres-job-storage.ts";

const connectionString = "postgres://localhost/jobs";

/** The code with which the options are refused; `undefined` when they are taken. */
function refusalOf(options: unknown): unknown {
  try {
    // oxlint-disable-next-line typescript/no-explicit-any -- what callers without types may give
    return void new PostgresJobStorage(options as any);
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}

describe("options of PostgresJobStorage", () => {
  it.each(["revo", "_", "jobs_2", "x".repeat(48)])("takes the schema %s", (schema) => {
    expect(refusalOf({ connectionString, schema })).toBeUndefined();
  });

  it.each([
    "",
    "pg_catalog",
    "pg_toast",
    "information_schema",
    'a"b',
    "x".repeat(49),
    "1a",
    "Jobs",
    "a b",
    "a.b",
    "ž",
    42,
    null,
  ])("refuses the schema %j", (schema) => {
    expect(refusalOf({ connectionString, schema })).toBe("REVO_NAME_INVALID");
  });

  it.each([
    ["no way to connect", {}],
    ["two ways to connect", { connectionString, pool: { connect: () => {} } }],
    ["an empty URL", { connectionString: "" }],
    ["a URL of another store", { connectionString: "redis://localhost" }],
    ["a pool that is none", { pool: {} }],
    ["a deadline of nothing", { connectionString, deadlineMs: 0 }],
    ["a deadline that is no number", { connectionString, deadlineMs: "5 s" }],
    ["one connection only", { connectionString, maxConnections: 1 }],
    ["an unknown way to migrate", { connectionString, migrate: "yes" }],
    ["push that is no boolean", { connectionString, push: "yes" }],
    ["partitions for a year", { connectionString, partitionDays: 365 }],
  ])("refuses %s", (_title, options) => {
    expect(refusalOf(options)).toBe("REVO_ARGUMENT_INVALID");
  });

  it("refuses an option that it does not know, and names those it does", () => {
    expect(refusalOf({ connectionString, shema: "x" })).toBe("REVO_OPTION_UNKNOWN");
  });

  it("never shows a password in a refusal", () => {
    expect(() => new PostgresJobStorage({ connectionString: "mysql://me:secret@host/db" })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("secret") }),
    );
  });

  it("has no wakes where the options say that servers poll", () => {
    const storages = [
      new PostgresJobStorage({ connectionString }),
      new PostgresJobStorage({ connectionString, push: false }),
      new PostgresJobStorage({ connectionString, transactionPooler: true }),
      new PostgresJobStorage({
        connectionString,
        transactionPooler: true,
        listenConnectionString: connectionString,
      }),
    ];

    expect(storages.map(({ wakeUps }) => wakeUps?.kind)).toEqual([
      "hint",
      undefined,
      undefined,
      "hint",
    ]);
  });
});
