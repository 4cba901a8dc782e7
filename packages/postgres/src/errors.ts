import { RevoError, type RevoErrorCode } from "@revojs/core";

/** When an error came, as far as it tells what was done. */
export interface Circumstances {
  /** The statement had left for the server. */
  readonly sent: boolean;
  /** It would have changed something. */
  readonly writes: boolean;
}

/**
 * The error of a driver as one of ours, with the driver's as its cause. Where the connection was lost after a statement that
 * writes had been sent, nobody knows what became of it: `REVO_STORAGE_OUTCOME_UNKNOWN`.
 */
export function toRevoError(error: unknown, circumstances: Circumstances): RevoError {
  if (error instanceof RevoError) return error;
  const state = sqlStateOf(error);
  const code = state === undefined ? codeOfLost(error) : codeOf(state);
  const isUnknown =
    code === "REVO_STORAGE_UNAVAILABLE" && circumstances.sent && circumstances.writes;
  const finalCode = isUnknown ? "REVO_STORAGE_OUTCOME_UNKNOWN" : code;
  return new RevoError(finalCode, messageOf(finalCode, error, state), { cause: error });
}

/** Whether PostgreSQL gave up this statement because of another one, so that it may simply be run again. */
export function isConflict(error: unknown): boolean {
  const state = sqlStateOf(error);
  // A row that was on its way to the default partition when one for its day was attached finds it there the next time.
  return state === "40001" || state === "40P01" || state === "23514";
}

/**
 * Whether the connection cannot be used any more, or leads to a server that has become a standby: the next one may find the
 * primary.
 */
export function isConnectionLost(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === undefined || /^(08|57P|25006)/.test(state);
}

/** The five characters that PostgreSQL gives an error; `undefined` for what does not come from the server. */
function sqlStateOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { code, severity } = error as { code?: unknown; severity?: unknown };
  const isState = typeof code === "string" && /^[0-9A-Z]{5}$/.test(code);
  return isState && severity !== undefined ? code : undefined;
}

/** The code for an SQLSTATE. */
export function codeOf(state: string): RevoErrorCode {
  const byState = CODES[state];
  if (byState !== undefined) return byState;
  switch (state.slice(0, 2)) {
    case "08":
      return "REVO_STORAGE_UNAVAILABLE";
    case "28":
      return "REVO_STORAGE_FORBIDDEN";
    default:
      return "REVO_INTERNAL";
  }
}

const CODES: Readonly<Record<string, RevoErrorCode>> = {
  "57P01": "REVO_STORAGE_UNAVAILABLE",
  "57P02": "REVO_STORAGE_UNAVAILABLE",
  "57P03": "REVO_STORAGE_UNAVAILABLE",
  "57P05": "REVO_STORAGE_UNAVAILABLE",
  "53300": "REVO_STORAGE_UNAVAILABLE",
  "57014": "REVO_STORAGE_TIMEOUT",
  "55P03": "REVO_STORAGE_TIMEOUT",
  "25P03": "REVO_STORAGE_TIMEOUT",
  // A conflict that came again and again.
  "40001": "REVO_STORAGE_TIMEOUT",
  "40P01": "REVO_STORAGE_TIMEOUT",
  "25006": "REVO_STORAGE_READ_ONLY",
  "53100": "REVO_STORAGE_FULL",
  "53200": "REVO_STORAGE_FULL",
  "54000": "REVO_STORAGE_FULL",
  "42501": "REVO_STORAGE_FORBIDDEN",
  "3D000": "REVO_STORAGE_FORBIDDEN",
  "3F000": "REVO_SCHEMA_OUTDATED",
  "42P01": "REVO_SCHEMA_OUTDATED",
  "42883": "REVO_SCHEMA_OUTDATED",
  "42703": "REVO_SCHEMA_OUTDATED",
  // Prepared statements that went to another connection: a pooler stands between.
  "26000": "REVO_STORAGE_MISCONFIGURED",
  "42P05": "REVO_STORAGE_MISCONFIGURED",
  RV001: "REVO_TRANSACTION_INVALID",
  "25P01": "REVO_TRANSACTION_INVALID",
  "25P02": "REVO_TRANSACTION_INVALID",
};

/** An error that the driver or the network made: the server said nothing. */
function codeOfLost(error: unknown): RevoErrorCode {
  const message = error instanceof Error ? error.message : String(error);
  // A mistake of ours or of the caller's is none of the network's.
  if (error instanceof TypeError || error instanceof RangeError) return "REVO_INTERNAL";
  if (/after calling end on the pool/.test(message)) return "REVO_STORAGE_MISCONFIGURED";
  if (/password must be a string|SASL|no pg_hba/i.test(message)) return "REVO_STORAGE_FORBIDDEN";
  return "REVO_STORAGE_UNAVAILABLE";
}

function messageOf(code: RevoErrorCode, error: unknown, state: string | undefined): string {
  const told = withoutPassword(error instanceof Error ? error.message : String(error));
  return `${SENTENCES[code] ?? "PostgreSQL failed"}: ${told}${state === undefined ? "" : ` (${state})`}`;
}

const SENTENCES: Readonly<Partial<Record<RevoErrorCode, string>>> = {
  REVO_STORAGE_UNAVAILABLE: "PostgreSQL cannot be reached, nothing was done",
  REVO_STORAGE_OUTCOME_UNKNOWN: "The connection to PostgreSQL was lost before it answered",
  REVO_STORAGE_TIMEOUT: "PostgreSQL did not answer in time, nothing was done",
  REVO_STORAGE_READ_ONLY: "PostgreSQL takes no writes, as a standby does",
  REVO_STORAGE_FULL: "PostgreSQL has no room left",
  REVO_STORAGE_FORBIDDEN: "PostgreSQL refused access",
  REVO_SCHEMA_OUTDATED: "The schema of the job storage is missing or too old, run its migrations",
  REVO_STORAGE_MISCONFIGURED:
    "PostgreSQL cannot be used like this (behind a pooler in transaction mode set `transactionPooler: true`)",
  REVO_TRANSACTION_INVALID: "The transaction cannot be used for jobs of this storage",
};

/** Connection strings turn up in messages of the driver. */
function withoutPassword(message: string): string {
  return message.replaceAll(/(\w+:\/\/[^:@/\s]*):[^@/\s]*@/gu, "$1:***@");
}
