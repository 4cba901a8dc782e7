import { RevoError } from "@revojs/core";
import { isConflict, isConnectionLost, toRevoError } from "./errors.ts";
import { AS_TEXT, type PostgresClient, type PostgresPool, type Row } from "./pool.ts";

/** One call to the server. */
export interface Statement {
  /** For its prepared form; empty: it is not worth one. */
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
  /** Whether it changes something: what is lost underway may then have been carried out. */
  readonly writes: boolean;
}

export interface DatabaseSettings {
  readonly deadlineMs: number;
  /** Whether statements are prepared under a name: not behind a pooler that changes connections between transactions. */
  readonly prepares: boolean;
  /** Ends the names: a pool may serve several schemas, whose statements differ. */
  readonly preparedSuffix: string;
}

/**
 * Runs what it is given in one transaction and commits, or rolls back when it throws. For what happens once in a while and may
 * wait for others: each statement has a minute.
 */
export type Transaction = <T>(
  work: (query: (text: string) => Promise<readonly Row[]>) => Promise<T>,
) => Promise<T>;

/** Most times that a statement is run when others keep coming in its way. */
const MOST_TRIES = 6;
const FIRST_PAUSE_MS = 4;
const LONGEST_STEP_MS = 60_000;

const ignore = (): void => {};

/**
 * Runs statements on connections of a pool, each within the deadline, and tells truly whether what failed was done: nothing
 * when it was never sent or the server said no, unknown when the connection was lost after it had been sent.
 */
export class Database {
  readonly #pool: PostgresPool;
  readonly #settings: DatabaseSettings;

  constructor(pool: PostgresPool, settings: DatabaseSettings) {
    this.#pool = pool;
    this.#settings = settings;
  }

  /** @throws RevoError of the storage codes. */
  async run(statement: Statement): Promise<readonly Row[]> {
    const endsAtMs = performance.now() + this.#settings.deadlineMs;
    for (let tries = 1; ; tries++) {
      try {
        return await this.#runOnce(statement, endsAtMs);
      } catch (error) {
        const pauseMs = FIRST_PAUSE_MS * 2 ** tries * Math.random();
        const isOver = tries >= MOST_TRIES || performance.now() + pauseMs >= endsAtMs;
        if (isOver || !(error instanceof Error) || !isConflict(error.cause)) throw error;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  }

  readonly transaction: Transaction = async (work) => {
    const client = await this.#connect(performance.now() + this.#settings.deadlineMs);
    client.on("error", ignore);
    let isBroken = false;
    // Without parameters, so that a text may hold many statements; the rows are those of the last one.
    const query = async (text: string): Promise<readonly Row[]> => {
      const answering = client.query({ text, rowMode: "array", types: AS_TEXT });
      answering.catch(ignore);
      const result = await before(performance.now() + LONGEST_STEP_MS, answering);
      const last = Array.isArray(result) ? (result as (typeof result)[]).at(-1) : result;
      return (last?.rows ?? []) as Row[];
    };
    try {
      await query("begin");
      const answer = await work(query);
      await query("commit");
      return answer;
    } catch (error) {
      if (error instanceof TooLate) isBroken = true;
      else await query("rollback").catch(() => (isBroken = true));
      throw toRevoError(error, { sent: true, writes: false });
    } finally {
      client.removeListener("error", ignore);
      client.release(isBroken);
    }
  };

  async #runOnce(statement: Statement, endsAtMs: number): Promise<readonly Row[]> {
    const client = await this.#connect(endsAtMs);
    // A connection that breaks while it is out of the pool must not end the process.
    client.on("error", ignore);
    let error: unknown;
    try {
      return await this.#answer(client, statement, endsAtMs);
    } catch (caught) {
      error = caught;
      throw toRevoError(caught, { sent: true, writes: statement.writes });
    } finally {
      client.removeListener("error", ignore);
      client.release(isUsableAfter(error) ? undefined : true);
    }
  }

  async #connect(endsAtMs: number): Promise<PostgresClient> {
    const connecting = this.#pool.connect();
    try {
      return await before(endsAtMs, connecting);
    } catch (error) {
      if (!(error instanceof TooLate)) throw toRevoError(error, { sent: false, writes: false });
      // One that comes late goes back where it came from.
      connecting.then((client) => client.release(), ignore);
      throw new RevoError(
        "REVO_STORAGE_TIMEOUT",
        `No connection to PostgreSQL within ${this.#settings.deadlineMs} ms, nothing was sent`,
      );
    }
  }

  async #answer(
    client: PostgresClient,
    statement: Statement,
    endsAtMs: number,
  ): Promise<readonly Row[]> {
    const { name, text, values, writes } = statement;
    const answering = client.query({
      text,
      values: values as unknown[],
      rowMode: "array",
      types: AS_TEXT,
      ...(this.#settings.prepares && name !== "" && { name: name + this.#settings.preparedSuffix }),
    });
    try {
      const { rows } = await before(endsAtMs, answering);
      return rows as Row[];
    } catch (error) {
      if (!(error instanceof TooLate)) throw error;
      answering.catch(ignore);
      const code = writes ? "REVO_STORAGE_OUTCOME_UNKNOWN" : "REVO_STORAGE_TIMEOUT";
      const { deadlineMs } = this.#settings;
      throw new RevoError(code, `PostgreSQL did not answer within ${deadlineMs} ms`);
    }
  }
}

/** Whether the connection can be used again. The one that was given up still waits for its answer. */
function isUsableAfter(error: unknown): boolean {
  if (error === undefined) return true;
  return !isConnectionLost(error);
}

/** Leaves this file as the cause of another error only. */
class TooLate extends Error {
  constructor() {
    super("PostgreSQL did not answer in time");
  }
}

/** The answer, or {@link TooLate} thrown. */
async function before<T>(endsAtMs: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new TooLate()), Math.max(endsAtMs - performance.now(), 0));
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
