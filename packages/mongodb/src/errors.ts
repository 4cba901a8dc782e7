import { RevoArgumentError, RevoError, type RevoErrorCode } from "@revojs/core";
import {
  MongoBulkWriteError,
  MongoDriverError,
  MongoError,
  MongoNetworkError,
  MongoServerError,
} from "mongodb";

/** What an error tells of the command that met it. */
export interface Diagnosis {
  readonly code: RevoErrorCode;
  /** Nothing of the command was carried out. */
  readonly nothingDone: boolean;
  /** Passes by itself: trying again may work. */
  readonly passing: boolean;
}

/** The primary refuses: it is none any more. A command so refused did not begin. */
const NOT_PRIMARY = new Set([10107, 10058, 13435, 13436]);
/** The primary steps down or ends, which may interrupt a command that writes many documents in their midst. */
const INTERRUPTED = new Set([91, 189, 11600, 11602]);
/** The network between the members, as mongos tells it. */
const UNREACHABLE = new Set([6, 7, 89, 9001, 133]);
const TIMED_OUT = new Set([50, 64, 262]);
const FORBIDDEN = new Set([13, 18, 33, 8000]);
/** The newest of two writes of one document gives way. */
const WRITE_CONFLICT = 112;
const OUT_OF_DISK = 14031;
const DUPLICATE_KEY = 11000;
/** An index of ours is missing, or another one has its name. */
const INDEX_CONFLICT = new Set([85, 86]);

/** What the driver's errors mean. Pure. */
export function diagnose(thrown: unknown, writes: boolean): Diagnosis {
  const error = withoutBulk(thrown);
  const concern = writeConcernErrorOf(error);
  // The write was made on the primary, only its durability is not confirmed.
  if (concern !== undefined)
    return { code: "REVO_STORAGE_OUTCOME_UNKNOWN", nothingDone: false, passing: true };
  if (error instanceof MongoServerError) return ofServer(error, writes);
  if (error instanceof MongoNetworkError) return ofNetwork(error, writes);
  if (error instanceof MongoError && isSelection(error)) return UNAVAILABLE;
  return { code: "REVO_INTERNAL", nothingDone: false, passing: false };
}

/** The error of a driver as one of ours, with the driver's as its cause. */
export function toRevoError(error: unknown, writes: boolean): RevoError | RevoArgumentError {
  if (isOurs(error)) return error;
  const { code } = diagnose(error, writes);
  const told = withoutPassword(error instanceof Error ? error.message : String(error));
  return new RevoError(code, `${SENTENCES[code] ?? "MongoDB failed"}: ${told}`, { cause: error });
}

/** Thrown on purpose: it says what it means already. */
export function isOurs(error: unknown): error is RevoError | RevoArgumentError {
  return error instanceof RevoError || error instanceof RevoArgumentError;
}

/** Two documents would have one id or one unique key. */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof MongoError && error.code === DUPLICATE_KEY;
}

/**
 * Which statements of a bulk met a duplicate.
 * @throws what it was given, if it tells of anything else.
 */
export function duplicatesIn(error: unknown): readonly number[] {
  if (!(error instanceof MongoBulkWriteError)) throw error;
  const writeErrors = [error.writeErrors].flat();
  const isThatOnly =
    writeErrors.length > 0 &&
    writeErrors.every(({ code }) => code === DUPLICATE_KEY) &&
    error.result.getWriteConcernError() === undefined;
  if (!isThatOnly) throw error;
  return writeErrors.map(({ index }) => index);
}

/** The server's number for an error. */
export function serverCodeOf(error: unknown): number | undefined {
  return error instanceof MongoError && typeof error.code === "number" ? error.code : undefined;
}

const UNAVAILABLE: Diagnosis = {
  code: "REVO_STORAGE_UNAVAILABLE",
  nothingDone: true,
  passing: true,
};

function ofServer(error: MongoServerError, writes: boolean): Diagnosis {
  const code = Number(error.code);
  const nothingDone = !writes || error.hasErrorLabel("NoWritesPerformed");
  const unless = (known: RevoErrorCode): RevoErrorCode =>
    nothingDone ? known : "REVO_STORAGE_OUTCOME_UNKNOWN";
  if (NOT_PRIMARY.has(code)) return UNAVAILABLE;
  if (INTERRUPTED.has(code) || UNREACHABLE.has(code))
    return { code: unless("REVO_STORAGE_UNAVAILABLE"), nothingDone, passing: true };
  if (TIMED_OUT.has(code))
    return { code: unless("REVO_STORAGE_TIMEOUT"), nothingDone, passing: true };
  if (code === WRITE_CONFLICT)
    return { code: unless("REVO_STORAGE_TIMEOUT"), nothingDone, passing: true };
  if (code === OUT_OF_DISK || /over your space quota/i.test(error.message))
    return { code: "REVO_STORAGE_FULL", nothingDone, passing: false };
  if (FORBIDDEN.has(code))
    return { code: "REVO_STORAGE_FORBIDDEN", nothingDone: true, passing: false };
  if (INDEX_CONFLICT.has(code))
    return { code: "REVO_SCHEMA_FOREIGN", nothingDone: true, passing: false };
  if (/hint provided does not correspond/i.test(error.message))
    return { code: "REVO_SCHEMA_OUTDATED", nothingDone: true, passing: false };
  return { code: "REVO_INTERNAL", nothingDone, passing: false };
}

function ofNetwork(error: MongoNetworkError, writes: boolean): Diagnosis {
  // A connection that was not had, or was taken away before the command left.
  const wasSent = !error.hasErrorLabel("HandshakeError") && !/PoolCleared/.test(error.name);
  if (!writes || !wasSent) return UNAVAILABLE;
  return { code: "REVO_STORAGE_OUTCOME_UNKNOWN", nothingDone: false, passing: true };
}

/** No server was found, or no connection to it: nothing was sent. */
function isSelection(error: MongoError): boolean {
  return (
    /ServerSelection|WaitQueueTimeout|TopologyClosed|NotConnected|ClientClosed|ServerClosed|PoolClosed/.test(
      error.name,
    ) ||
    (error instanceof MongoDriverError && /pool/i.test(error.name))
  );
}

/** The driver wraps whatever stops a bulk, a broken connection too, into an error of the server. */
function withoutBulk(error: unknown): unknown {
  const isWrapper = error instanceof MongoBulkWriteError && error.errorResponse instanceof Error;
  return isWrapper ? error.errorResponse : error;
}

function writeConcernErrorOf(error: unknown): unknown {
  if (!(error instanceof MongoServerError)) return undefined;
  if (error.name === "MongoWriteConcernError") return error;
  return error instanceof MongoBulkWriteError ? error.result.getWriteConcernError() : undefined;
}

const SENTENCES: Readonly<Partial<Record<RevoErrorCode, string>>> = {
  REVO_STORAGE_UNAVAILABLE: "MongoDB cannot be reached, nothing was done",
  REVO_STORAGE_OUTCOME_UNKNOWN: "MongoDB did not confirm what it was sent",
  REVO_STORAGE_TIMEOUT: "MongoDB did not answer in time, nothing was done",
  REVO_STORAGE_FULL: "MongoDB has no room left",
  REVO_STORAGE_FORBIDDEN: "MongoDB refused access",
  REVO_SCHEMA_OUTDATED: 'An index of the job storage is missing: open it with `schema: "create"`',
  REVO_SCHEMA_FOREIGN: "A collection or index of the job storage's names belongs to somebody else",
};

/** Connection strings turn up in messages of the driver. */
function withoutPassword(message: string): string {
  return message.replaceAll(/(\w+:\/\/[^:@/\s]*):[^@/\s]*@/gu, "$1:***@");
}
