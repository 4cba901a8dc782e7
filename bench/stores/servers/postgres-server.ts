import type { OwnServer } from "@revojs/conformance/servers";
import pg from "pg";
import { setTimeout as sleep } from "node:timers/promises";
import { DelayedUrls } from "./delayed-urls.ts";
import { parentOf, processCpuMs, programOf } from "./process-cpu.ts";
import { DATABASE, type StoreServer } from "./store-server.ts";

/** An idle connection tells what it did up to ten seconds later: what came before the count must not fall into it. */
const STATISTICS_LAG_MS = 11_000;

const reported = [
  "fsync",
  "synchronous_commit",
  "full_page_writes",
  "shared_buffers",
  "autovacuum",
];

export class PostgresServer implements StoreServer {
  readonly store = "postgres";
  readonly description: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly #server: OwnServer;
  readonly #urls: DelayedUrls;
  readonly #pid: number;

  private constructor(server: OwnServer, settings: Record<string, string>, pid: number) {
    this.#server = server;
    this.description = server.description;
    this.settings = settings;
    this.#pid = pid;
    this.#urls = new DelayedUrls(withDatabase(server.url));
  }

  static async open(server: OwnServer): Promise<PostgresServer> {
    return await withClient(server.url, async (client) => {
      const { rows } = await client.query<{ name: string; setting: string }>(
        "select name, current_setting(name) as setting from pg_settings where name = any($1)",
        [reported],
      );
      const settings = Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
      if (settings["fsync"] !== "on") throw new Error("This PostgreSQL does not flush (fsync)");
      const backend = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
      const postmaster = parentOf(backend.rows[0]?.pid ?? 0);
      const isHere = programOf(postmaster).startsWith("postgres");
      return new PostgresServer(server, settings, isHere ? postmaster : Number.NaN);
    });
  }

  url(rttMs: number): Promise<string> {
    return this.#urls.url(rttMs);
  }

  async reset(): Promise<void> {
    await withClient(this.#server.url, async (client) => {
      await client.query(`drop database if exists ${DATABASE} with (force)`);
      await client.query(`create database ${DATABASE}`);
      await client.query("checkpoint");
    });
  }

  async settle(analyze: boolean): Promise<void> {
    await withClient(await this.url(0), async (client) => {
      if (analyze) await client.query("vacuum analyze");
      await client.query("checkpoint");
    });
  }

  cpuMs(): number {
    return processCpuMs(this.#pid);
  }

  async countCommands(ms: number): Promise<number> {
    return await withClient(this.#server.url, async (client) => {
      const count = async (): Promise<number> => {
        const { rows } = await client.query<{ count: string }>(
          "select xact_commit + xact_rollback as count from pg_stat_database where datname = $1",
          [DATABASE],
        );
        return Number(rows[0]?.count);
      };
      // What vacuum commits is nobody's command.
      await client.query("alter system set autovacuum = off");
      await client.query("select pg_reload_conf()");
      try {
        await sleep(STATISTICS_LAG_MS);
        const before = await count();
        await sleep(ms);
        return (await count()) - before;
      } finally {
        await client.query("alter system reset autovacuum");
        await client.query("select pg_reload_conf()");
      }
    });
  }

  async holdSnapshot(): Promise<AsyncDisposable> {
    const client = new pg.Client({ connectionString: await this.url(0) });
    client.on("error", () => {});
    await client.connect();
    await client.query("begin isolation level repeatable read");
    await client.query("select count(*) from pg_class");
    return { [Symbol.asyncDispose]: () => client.end() };
  }

  async storedBytes(): Promise<number> {
    await this.settle(false);
    const { tables, indexes } = await this.sizes();
    return tables + indexes;
  }

  async sizes(): Promise<{ tables: number; indexes: number }> {
    return await withClient(await this.url(0), async (client) => {
      const { rows } = await client.query<{ tables: string; indexes: string }>(
        `select coalesce(sum(pg_table_size(c.oid)), 0) as tables,
           coalesce(sum(pg_indexes_size(c.oid)), 0) as indexes
         from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where c.relkind in ('r', 'm') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')`,
      );
      return { tables: Number(rows[0]?.tables), indexes: Number(rows[0]?.indexes) };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#urls.stop();
    await withClient(this.#server.url, (client) =>
      client.query(`drop database if exists ${DATABASE} with (force)`),
    );
    await this.#server.stop();
  }
}

function withDatabase(url: string): string {
  const own = new URL(url);
  own.pathname = `/${DATABASE}`;
  return own.href;
}

async function withClient<Result>(
  connectionString: string,
  use: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ connectionString });
  client.on("error", () => {});
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
