import pg from "pg";
import type { Settings } from "./options.ts";
import type { PostgresClient, PostgresPool } from "./pool.ts";
import type { ListeningClient } from "./wake-up.ts";

/** A pool that the storage opened and has to end. */
export interface OwnPool extends PostgresPool {
  end(): Promise<void>;
}

/** What the storage speaks through. Nothing connects before it is used. */
export interface Pools {
  readonly main: PostgresPool;
  readonly beats: PostgresPool;
  readonly makeListener: () => ListeningClient;
  /** Ends those that are not the caller's. */
  readonly end: () => Promise<void>;
}

/** An error of an idle connection was dealt with by the pool; nobody listening would end the process. */
const ignore = (): void => {};

/**
 * The pool takes its listener off a connection before whoever gets it can add one: when the server ends the connection in the
 * very packet that says it is ready, nobody would be listening.
 */
const guard = (client: PostgresClient): void => {
  client.on("error", ignore);
};

export function makePools(settings: Settings): Pools {
  const { pool, connectionString = "", listenConnectionString } = settings;
  if (pool !== undefined) return aroundPool(pool, listenConnectionString);
  const own = (max: number): OwnPool => {
    const made = new pg.Pool({ ...connectionOptions(settings), max });
    made.on("error", ignore);
    made.on("connect", guard);
    return made;
  };
  const main = own(settings.maxConnections);
  const beats = own(1);
  return {
    main,
    beats,
    makeListener: () =>
      new pg.Client({
        connectionString: listenConnectionString ?? connectionString,
        application_name: "revo listen",
        keepAlive: true,
      }),
    end: async () => {
      await Promise.all([main.end(), beats.end()]);
    },
  };
}

function aroundPool(pool: PostgresPool, listenConnectionString: string | undefined): Pools {
  listenForErrors(pool);
  // A pool of pg tells how it connects; a connection that listens is for good, so it is not taken from the pool.
  const { options } = pool as PostgresPool & { readonly options?: pg.PoolConfig };
  return {
    main: pool,
    beats: pool,
    makeListener: () =>
      new pg.Client(
        listenConnectionString === undefined
          ? (options ?? {})
          : { connectionString: listenConnectionString },
      ),
    end: async () => {
      stopListening(pool);
    },
  };
}

/** Storages that use a pool of the caller's: they listen to it once for all. */
const users = new WeakMap<PostgresPool, number>();

function listenForErrors(pool: PostgresPool): void {
  const count = users.get(pool) ?? 0;
  if (count === 0) {
    pool.on("error", ignore);
    // Whatever has no such event never calls it.
    (pool as pg.Pool).on("connect", guard);
  }
  users.set(pool, count + 1);
}

function stopListening(pool: PostgresPool): void {
  const count = users.get(pool) ?? 0;
  if (count === 1) {
    pool.removeListener("error", ignore);
    (pool as pg.Pool).removeListener("connect", guard);
  }
  users.set(pool, Math.max(count - 1, 0));
}

function connectionOptions(settings: Settings): pg.PoolConfig {
  const { connectionString = "", deadlineMs, prepares } = settings;
  return {
    connectionString,
    application_name: "revo",
    keepAlive: true,
    connectionTimeoutMillis: deadlineMs,
    // The server gives up a little before we do, so that its answer is known. A pooler may refuse such a setting.
    ...(prepares && { statement_timeout: Math.ceil(deadlineMs * 0.9) }),
  };
}
