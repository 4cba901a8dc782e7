/** What is sent to PostgreSQL. `pg` takes it as it is. */
export interface PostgresQuery {
  readonly text: string;
  // `pg` declares an array that may be changed.
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever the driver takes
  values?: any[];
  /** Prepared once for each connection under this name. */
  readonly name?: string;
  readonly rowMode: "array";
  readonly types: { getTypeParser: () => (text: string) => string };
}

/** A connection, as far as it is used here. A `PoolClient` of `pg` is one. */
export interface PostgresClient {
  query(query: PostgresQuery): Promise<{ readonly rows: unknown[] }>;
  on(event: "error", listener: (error: Error) => void): unknown;
  removeListener(event: "error", listener: (error: Error) => void): unknown;
  /** With an error, or `true`, the connection is closed instead of used again. */
  release(error?: Error | boolean): void;
}

/** A pool of connections, as far as it is used here. A `Pool` of `pg` is one. */
export interface PostgresPool {
  connect(): Promise<PostgresClient>;
  on(event: "error", listener: (error: Error) => void): unknown;
  removeListener(event: "error", listener: (error: Error) => void): unknown;
}

/** One row: every value as PostgreSQL writes it. */
export type Row = readonly (string | null)[];

const asText = (text: string): string => text;

/** Text for every type: what is parsed is parsed here, whatever type parsers the process has set. */
export const AS_TEXT: PostgresQuery["types"] = { getTypeParser: () => asText };
