import { describeWithServer } from "@revojs/conformance/vitest";
import { job, RevoConfiguration } from "@revojs/core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { PostgresJobStorage } from "../src/postgres-job-storage.ts";
import { TestDatabase } from "./test-database.ts";

describeWithServer("postgres", "the SQL function enqueue_job", ({ url }) => {
  const database = new TestDatabase(url);
  const schema = database.schemaName();
  const storage = new PostgresJobStorage({ connectionString: url, schema, partitionDays: 0 });
  beforeAll(async () => {
    await storage.open();
  });
  afterAll(async () => {
    await storage.close();
    await database.close();
  });

  /** What the function answers for the given arguments, written as SQL. */
  async function idFrom(sql: string): Promise<string> {
    const [row] = await database.rows<{ id: string }>(
      `select "${schema}".enqueue_job(${sql}) as id`,
    );
    return row?.id ?? "";
  }

  it("stores a job that a handler runs, also from a trigger", async () => {
    await database.pool.query(`create table "${schema}".orders (number int);
      create function "${schema}".on_order() returns trigger language plpgsql as $$
        begin
          perform "${schema}".enqueue_job('confirm-order', jsonb_build_object('number', new.number));
          return new;
        end $$;
      create trigger on_order after insert on "${schema}".orders for each row execute function "${schema}".on_order()`);
    const confirmed = Promise.withResolvers<number>();
    const confirm = job("confirm-order", async ({ number }: { readonly number: number }) => {
      confirmed.resolve(number);
    });
    const revo = await new RevoConfiguration()
      .useJobs(
        () => new PostgresJobStorage({ connectionString: url, schema, migrate: "check" }),
        (jobs) => jobs.add(confirm).server({ signals: false }),
      )
      .start();

    await database.pool.query(`insert into "${schema}".orders values (42)`);

    expect(await confirmed.promise).toBe(42);
    await revo.stop();
  });

  it("stores queue, priority, tags and time as the scheduler would", async () => {
    const id = await idFrom(
      `'send', '{"a": 1}', p_queue => 'mail', p_priority => 1, p_tags => '{x,"y z"}', p_run_at => now() + interval '1 hour'`,
    );

    const [record] = await storage.monitor.get([id]);
    expect(record).toMatchObject({
      state: "scheduled",
      queue: "mail",
      priority: 1,
      tags: ["x", "y z"],
      maxAttempts: 10,
      maxCrashes: 3,
    });
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it("answers the id of the holder of its unique key, which the scheduler knows by the same key", async () => {
    const ids = [
      await idFrom(`'send', p_queue => 'later', p_unique_key => 'Příliš +/='`),
      await idFrom(`'send', p_queue => 'later', p_unique_key => 'Příliš +/='`),
    ];
    const send = job("send", async () => {});
    const revo = await new RevoConfiguration()
      .useJobs(
        () => new PostgresJobStorage({ connectionString: url, schema, migrate: "check" }),
        (jobs) => jobs.declare(send),
      )
      .start();

    const handle = await revo.scheduler.enqueueJob(send, {}, { uniqueKey: "Příliš +/=" });

    expect(new Set([...ids, handle.id]).size).toBe(1);
    await revo.stop();
  });

  it.each([
    ["a type that is no name", "'a b'"],
    ["no type", "null"],
    ["a queue in upper case", "'send', p_queue => 'Mail'"],
    ["a priority beyond the bands", "'send', p_priority => 10"],
    ["no attempts", "'send', p_max_attempts => 0"],
  ])("refuses %s", async (_title, sql) => {
    await expect(idFrom(sql)).rejects.toMatchObject({ code: "22023" });
  });
});
