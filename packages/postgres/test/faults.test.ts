import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ownServer } from "@revojs/conformance/servers";
import { describeWithServer } from "@revojs/conformance/vitest";
import { job, type JobsSection, type Revo, RevoConfiguration } from "@revojs/core";
import { afterAll, expect, it, vi } from "vitest";
import { PostgresJobStorage } from "../src/postgres-job-storage.ts";
import { TestDatabase } from "./test-database.ts";

const JOBS = 2000;

/** Starts a Revo on a schema of the database. */
function startOn(
  connectionString: string,
  schema: string,
  configure: (jobs: JobsSection) => void,
): Promise<Revo> {
  return new RevoConfiguration()
    .useJobs(
      () => new PostgresJobStorage({ connectionString, schema, partitionDays: 0 }),
      (jobs) => configure(jobs),
    )
    .start();
}

/** Counts the runs of each job of a type. */
function counter(): {
  readonly runs: Map<number, number>;
  readonly count: ReturnType<typeof countJob>;
} {
  const runs = new Map<number, number>();
  return { runs, count: countJob(runs) };
}

function countJob(runs: Map<number, number>) {
  return job("count", async ({ n }: { readonly n: number }) => {
    runs.set(n, (runs.get(n) ?? 0) + 1);
    await sleep(2);
  });
}

describeWithServer("postgres", "faults of PostgreSQL", ({ url }) => {
  const database = new TestDatabase(url);
  afterAll(() => database.close());

  /** Ends every connection of the storages, which call themselves `revo`. */
  async function endConnections(): Promise<void> {
    await database.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where application_name like 'revo%' and datname = current_database()`,
    );
  }

  it("loses nothing and goes on when all connections are ended again and again under load", {
    timeout: 120_000,
  }, async () => {
    const schema = database.schemaName();
    const { runs, count } = counter();
    const revo = await startOn(url, schema, (jobs) =>
      jobs.add(count).server({ signals: false, concurrency: 20 }),
    );
    const enqueueing = (async (): Promise<void> => {
      for (let n = 0; n < JOBS; n += 20) {
        const ids = Array.from({ length: 20 }, (_, index) => n + index);
        await Promise.all(
          ids.map((one) => enqueueForSure(() => revo.scheduler.enqueueJob(count, { n: one }))),
        );
      }
    })();

    for (let storm = 0; storm < 25; storm++) {
      await endConnections();
      await sleep(100);
    }
    await enqueueing;
    await vi.waitFor(() => expect(runs.size).toBe(JOBS), { timeout: 60_000, interval: 100 });

    await vi.waitFor(
      async () => {
        const [left] = await database.rows<{ left: string }>(
          `select count(*) as left from "${schema}".jobs`,
        );
        expect(left).toEqual({ left: "0" });
      },
      { timeout: 30_000, interval: 100 },
    );
    const [failed] = await database.rows<{ failed: string }>(
      `select count(*) as failed from "${schema}".jobs_done where state <> 6`,
    );
    expect(failed).toEqual({ failed: "0" });
    await revo.stop();
  });

  it("runs the jobs of a worker again that was killed in their midst", {
    timeout: 60_000,
  }, async () => {
    const schema = database.schemaName();
    const again = new Set<number>();
    const slow = job("slow", async ({ n }: { readonly n: number }) => {
      again.add(n);
    });
    const producer = await startOn(url, schema, (jobs) => jobs.declare(slow));
    await producer.scheduler.enqueueJobs([1, 2, 3, 4, 5].map((n) => slow.with({ n })));
    const worker = fork(
      fileURLToPath(new URL("worker-process.ts", import.meta.url)),
      [url, schema],
      {
        execArgv: ["--import", new URL("source-resolution.ts", import.meta.url).href],
      },
    );
    const begun = new Set<unknown>();
    worker.on("message", (n) => begun.add(n));
    await vi.waitFor(() => expect(begun.size).toBe(5), { timeout: 20_000 });

    worker.kill("SIGKILL");
    await once(worker, "exit");
    const survivor = await startOn(url, schema, (jobs) =>
      jobs.add(slow).server({ signals: false, lease: "2 s", beat: "500 ms" }),
    );

    await vi.waitFor(() => expect(again.size).toBe(5), { timeout: 20_000 });
    const jobs = await database.rows<{ attempt: number; crashes: number }>(
      `select attempt, crashes from "${schema}".jobs_done`,
    );
    expect(jobs.length).toBeGreaterThan(0);
    for (const one of jobs) expect(one).toEqual({ attempt: 1, crashes: 0 });
    await survivor.stop();
    await producer.stop();
  });

  it("goes on when the server crashes and comes back", { timeout: 120_000 }, async ({ skip }) => {
    const found = await ownServer("postgres", { durable: true });
    if (found.kind === "missing") return skip(found.reason);
    if (found.server.source === "url") return skip("a server that a URL names is not ours to end");
    await using server = found.server;
    const { runs, count } = counter();
    const revo = await startOn(server.url, "revo", (jobs) =>
      jobs.add(count).server({ signals: false, concurrency: 20 }),
    );
    await revo.scheduler.enqueueJobs(Array.from({ length: 500 }, (_, n) => count.with({ n })));
    await vi.waitFor(() => expect(runs.size).toBeGreaterThan(50));

    await server.crash();
    await sleep(500);
    await server.restart();

    await vi.waitFor(() => expect(runs.size).toBe(500), { timeout: 60_000, interval: 100 });
    await revo.stop();
  });
});

/** As a caller does who gets no answer: again, until there is one. */
async function enqueueForSure(enqueue: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await enqueue();
      return;
    } catch {
      await sleep(20);
    }
  }
}
