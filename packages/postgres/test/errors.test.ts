import { describeWithServer } from "@revojs/conformance/vitest";
import { hasCode, type RevoErrorCode } from "@revojs/core";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { codeOf, isConflict, toRevoError } from "../src/errors.ts";
import { PostgresJobStorage } from "../src/postgres-job-storage.ts";
import { aClaim, aJob, anId, registerServer } from "@revojs/conformance/fixtures";
import { TestDatabase } from "./test-database.ts";

const table: readonly (readonly [state: string, code: RevoErrorCode])[] = [
  ["08000", "REVO_STORAGE_UNAVAILABLE"],
  ["08006", "REVO_STORAGE_UNAVAILABLE"],
  ["57P01", "REVO_STORAGE_UNAVAILABLE"],
  ["57P02", "REVO_STORAGE_UNAVAILABLE"],
  ["57P03", "REVO_STORAGE_UNAVAILABLE"],
  ["53300", "REVO_STORAGE_UNAVAILABLE"],
  ["57014", "REVO_STORAGE_TIMEOUT"],
  ["55P03", "REVO_STORAGE_TIMEOUT"],
  ["40001", "REVO_STORAGE_TIMEOUT"],
  ["40P01", "REVO_STORAGE_TIMEOUT"],
  ["25006", "REVO_STORAGE_READ_ONLY"],
  ["53100", "REVO_STORAGE_FULL"],
  ["53200", "REVO_STORAGE_FULL"],
  ["42501", "REVO_STORAGE_FORBIDDEN"],
  ["28P01", "REVO_STORAGE_FORBIDDEN"],
  ["28000", "REVO_STORAGE_FORBIDDEN"],
  ["3D000", "REVO_STORAGE_FORBIDDEN"],
  ["3F000", "REVO_SCHEMA_OUTDATED"],
  ["42P01", "REVO_SCHEMA_OUTDATED"],
  ["42883", "REVO_SCHEMA_OUTDATED"],
  ["26000", "REVO_STORAGE_MISCONFIGURED"],
  ["42P05", "REVO_STORAGE_MISCONFIGURED"],
  ["25P02", "REVO_TRANSACTION_INVALID"],
  ["22012", "REVO_INTERNAL"],
];

/** An error as the server sends it. */
function serverError(code: string, message = "something"): Error {
  return Object.assign(new Error(message), { code, severity: "ERROR" });
}

const done = { sent: true, writes: true };

describe("errors of PostgreSQL", () => {
  for (const [state, code] of table) {
    it(`${state} is ${code}`, () => {
      expect(codeOf(state)).toBe(code);
    });
  }

  it("the loss of the connection after a write was sent leaves the outcome unknown", () => {
    const lost = new Error("Connection terminated unexpectedly");

    const codes = [
      { sent: true, writes: true },
      { sent: true, writes: false },
      { sent: false, writes: true },
    ].map((circumstances) => toRevoError(lost, circumstances).code);

    expect(codes).toEqual([
      "REVO_STORAGE_OUTCOME_UNKNOWN",
      "REVO_STORAGE_UNAVAILABLE",
      "REVO_STORAGE_UNAVAILABLE",
    ]);
  });

  it("the server's own refusal says that nothing was done, whatever was sent", () => {
    expect(toRevoError(serverError("57014"), done).code).toBe("REVO_STORAGE_TIMEOUT");
  });

  it("only what PostgreSQL gave up because of another statement is a conflict", () => {
    const states = ["40001", "40P01", "23514", "55P03", "23505"];

    expect(states.map((state) => isConflict(serverError(state)))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  it("the driver's error is the cause, and a password in it is masked", () => {
    const cause = new Error("connect to postgres://me:secret@db.example:5432/jobs failed");

    const error = toRevoError(cause, { sent: false, writes: false });

    expect(error.cause).toBe(cause);
    expect(error.message).toContain("postgres://me:***@db.example");
    expect(error.message).not.toContain("secret");
  });

  it("a mistake in the call itself is told as internal, not as an absent server", () => {
    const error = toRevoError(new TypeError("x is not a function"), done);

    expect(error.code).toBe("REVO_INTERNAL");
  });
});

describeWithServer("postgres", "failing calls on PostgreSQL", ({ url }) => {
  const database = new TestDatabase(url);
  afterAll(() => database.close());

  async function opened(options: Partial<ConstructorParameters<typeof PostgresJobStorage>[0]>) {
    const schema = database.schemaName();
    const base = options.pool === undefined ? { connectionString: url } : {};
    const storage = new PostgresJobStorage({ schema, partitionDays: 0, ...base, ...options });
    await storage.open();
    return { storage, schema };
  }

  it("a server that is not there is told as unavailable", async () => {
    const storage = new PostgresJobStorage({ connectionString: "postgres://u:p@127.0.0.1:1/x" });

    expect(await codeFrom(storage.open())).toBe("REVO_STORAGE_UNAVAILABLE");
  });

  it("a database that does not exist is told as forbidden", async () => {
    const other = new URL(url);
    other.pathname = "/no_such_database";
    const storage = new PostgresJobStorage({ connectionString: other.href });

    expect(await codeFrom(storage.open())).toBe("REVO_STORAGE_FORBIDDEN");
  });

  it("a call that waits for a lock beyond the deadline was not carried out, and says so", async () => {
    const { storage, schema } = await opened({ deadlineMs: 400 });
    const locker = await database.pool.connect();
    await locker.query(`begin; lock table "${schema}".jobs in access exclusive mode`);
    const job = aJob();

    const code = await codeFrom(storage.enqueue({ jobs: [job] }));

    await locker.query("commit");
    locker.release();
    expect(code).toBe("REVO_STORAGE_TIMEOUT");
    expect(await storage.monitor.get([job.id])).toEqual([null]);
    await storage.close();
  });

  it("where the server sets no limit of its own, a write beyond the deadline is of unknown outcome", async () => {
    const pool = new pg.Pool({ connectionString: url, max: 3 });
    const { storage, schema } = await opened({ pool, deadlineMs: 400, push: false });
    const locker = await database.pool.connect();
    await locker.query(`begin; lock table "${schema}".jobs in access exclusive mode`);

    const codes = [
      await codeFrom(storage.enqueue({ jobs: [aJob()] })),
      await codeFrom(storage.monitor.get([anId()])),
    ];

    await locker.query("commit");
    locker.release();
    expect(codes).toEqual(["REVO_STORAGE_OUTCOME_UNKNOWN", "REVO_STORAGE_TIMEOUT"]);
    await storage.close();
    await pool.end();
  });

  it("a pool without a free connection is told as a timeout: nothing was sent", async () => {
    const pool = new pg.Pool({ connectionString: url, max: 1 });
    const { storage } = await opened({ pool, deadlineMs: 300, push: false });
    const busy = await pool.connect();

    const code = await codeFrom(storage.enqueue({ jobs: [aJob()] }));

    busy.release();
    expect(code).toBe("REVO_STORAGE_TIMEOUT");
    const [result] = await storage.enqueue({ jobs: [aJob()] });
    expect(result).toEqual({ kind: "created" });
    await storage.close();
    await pool.end();
  });

  it("a pool that its owner has ended is told as misconfigured", async () => {
    const pool = new pg.Pool({ connectionString: url, max: 1 });
    const { storage } = await opened({ pool, push: false });
    await pool.end();

    expect(await codeFrom(storage.enqueue({ jobs: [aJob()] }))).toBe("REVO_STORAGE_MISCONFIGURED");
    await storage.close();
  });

  it("a connection that takes no writes is told as read-only", async () => {
    const { storage, schema } = await opened({});
    await storage.close();
    const readOnly = new URL(url);
    readOnly.searchParams.set("options", "-c default_transaction_read_only=on");
    const standby = new PostgresJobStorage({
      connectionString: readOnly.href,
      schema,
      migrate: "check",
    });
    await standby.open();

    expect(await codeFrom(standby.enqueue({ jobs: [aJob()] }))).toBe("REVO_STORAGE_READ_ONLY");
    expect(await standby.monitor.queues()).toEqual([]);
    await standby.close();
  });

  it("a role without rights is told as forbidden", async () => {
    const { storage, schema } = await opened({});
    await storage.close();
    const role = `revo_${schema.slice(-12)}`;
    await database.pool.query(`create role ${role} login password 'secret'`);
    const asRole = new URL(url);
    asRole.username = role;
    asRole.password = "secret";
    const poor = new PostgresJobStorage({ connectionString: asRole.href, schema });

    const code = await codeFrom(poor.open());

    await database.pool.query(`drop role ${role}`);
    expect(code).toBe("REVO_STORAGE_FORBIDDEN");
  });

  it("statements that get in each other's way are run again, unseen by the caller", async () => {
    const { storage, schema } = await opened({});
    await database.pool.query(`create function "${schema}".once() returns trigger language plpgsql as $$
      begin
        if nextval('"${schema}".tries') < 3 then raise exception 'conflict' using errcode = '40001'; end if;
        return new;
      end $$;
      create sequence "${schema}".tries;
      create trigger conflict before insert on "${schema}".jobs for each statement execute function "${schema}".once()`);

    const results = await storage.enqueue({ jobs: [aJob()] });

    expect(results).toEqual([{ kind: "created" }]);
    await storage.close();
  });

  it("connections that the server ends while idle are replaced, and the process goes on", async () => {
    const pool = new pg.Pool({ connectionString: url, max: 4, application_name: anId() });
    const { storage } = await opened({ pool, push: false });
    const serverId = await registerServer(storage);
    await Promise.all([1, 2, 3].map(() => storage.monitor.queues()));

    await database.pool.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1",
      [pool.options.application_name],
    );
    const codes = await Promise.all(
      Array.from({ length: 10 }, async () => {
        for (;;) {
          try {
            await storage.exchange({ serverId, settle: [], claim: aClaim() });
            return "answered";
          } catch (error) {
            if (
              !hasCode(error, "REVO_STORAGE_UNAVAILABLE") &&
              !hasCode(error, "REVO_STORAGE_OUTCOME_UNKNOWN")
            )
              throw error;
          }
        }
      }),
    );

    expect(new Set(codes)).toEqual(new Set(["answered"]));
    await storage.close();
    await pool.end();
  });
});

/** The code with which a call is refused. */
async function codeFrom(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => "no error",
    (error: unknown) => (error as { code?: unknown }).code,
  );
}
