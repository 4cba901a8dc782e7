import type { Store } from "../systems/bench-system.ts";

/** The one server of a store that all systems are measured on. */
export interface StoreServer extends AsyncDisposable {
  readonly store: Store;
  /** For people: what it is, its version and where it came from. */
  readonly description: string;
  /** Settings that matter for speed, as the server itself states them. */
  readonly settings: Readonly<Record<string, string>>;
  /** Where systems connect, through a delay of `rttMs` milliseconds; 0: straight. */
  url(rttMs: number): Promise<string>;
  /** Brings it to a known, empty state. */
  reset(): Promise<void>;
  /** Between filling and measuring: lets it write what it has still to write. `analyze`: and look at its tables. */
  settle(analyze: boolean): Promise<void>;
  /** What the server has used of the processors since it started, in milliseconds; NaN where that can't be seen. */
  cpuMs(): number;
  /** Commands (PostgreSQL: transactions) that clients sent in the next `ms` milliseconds. */
  countCommands(ms: number): Promise<number>;
  /** Keeps a reader's view of the store open until it is disposed of; absent where readers have none. */
  holdSnapshot?(): Promise<AsyncDisposable>;
  /** What is stored, in bytes, indexes included. */
  storedBytes(): Promise<number>;
  /** The same at once, without writing first what has still to be written. A store that keeps both in one has no indexes. */
  sizes(): Promise<{ readonly tables: number; readonly indexes: number }>;
}

/** Name of the database that is filled and dropped again and again. */
export const DATABASE = "revo_bench";
