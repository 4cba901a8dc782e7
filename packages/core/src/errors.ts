/**
 * Every code this project throws on purpose. A code never changes meaning; the message beside it may. `docs/errors.md` has a
 * heading for each. Codes of features to come are added with them.
 */
export type RevoErrorCode =
  // Arguments and names: nothing was stored.
  | "REVO_ARGUMENT_INVALID"
  | "REVO_OPTION_UNKNOWN"
  | "REVO_NAME_INVALID"
  | "REVO_ID_INVALID"
  | "REVO_KEY_INVALID"
  | "REVO_DURATION_INVALID"
  | "REVO_TIME_INVALID"
  | "REVO_TIME_OUT_OF_RANGE"
  | "REVO_CURSOR_INVALID"
  | "REVO_FILTER_REQUIRED"
  // Payloads and results.
  | "REVO_PAYLOAD_NOT_SERIALIZABLE"
  | "REVO_PAYLOAD_KEY_FORBIDDEN"
  | "REVO_PAYLOAD_TOO_DEEP"
  | "REVO_PAYLOAD_TOO_LARGE"
  | "REVO_PAYLOAD_INVALID"
  | "REVO_PAYLOAD_VERSION"
  | "REVO_RESULT_NOT_SERIALIZABLE"
  | "REVO_RESULT_TOO_LARGE"
  | "REVO_RESULT_NOT_KEPT"
  // Handlers and configuration.
  | "REVO_HANDLER_NOT_FOUND"
  | "REVO_HANDLER_DUPLICATE"
  | "REVO_HANDLER_NEEDS_CONTAINER"
  | "REVO_STORAGE_MISSING"
  | "REVO_CAPABILITY_MISSING"
  | "REVO_CLOSED"
  // Jobs.
  | "REVO_JOB_NOT_FOUND"
  | "REVO_JOB_STATE_CONFLICT"
  | "REVO_JOB_DUPLICATE"
  | "REVO_JOB_REJECTED"
  | "REVO_BATCH_INCOMPLETE"
  | "REVO_JOB_CORRUPT"
  | "REVO_JOB_FAILED"
  | "REVO_JOB_DELETED"
  | "REVO_ID_CONFLICT"
  | "REVO_LEASE_LOST"
  | "REVO_SHUTDOWN"
  | "REVO_TIMEOUT"
  | "REVO_NON_RETRYABLE"
  | "REVO_RETRY_AFTER"
  // Storage.
  | "REVO_STORAGE_UNAVAILABLE"
  | "REVO_STORAGE_TIMEOUT"
  | "REVO_STORAGE_READ_ONLY"
  | "REVO_STORAGE_FULL"
  | "REVO_STORAGE_FORBIDDEN"
  | "REVO_STORAGE_OUTCOME_UNKNOWN"
  | "REVO_STORAGE_MISCONFIGURED"
  | "REVO_STORAGE_VERSION"
  | "REVO_STORAGE_RESET"
  | "REVO_TRANSACTION_INVALID"
  | "REVO_SCHEMA_OUTDATED"
  | "REVO_SCHEMA_TOO_NEW"
  | "REVO_SCHEMA_FOREIGN"
  | "REVO_INTERNAL";

/** The base of everything thrown on purpose. Match on {@link RevoError.code}, never on the message. */
export class RevoError extends Error {
  // Written out in each of our classes: what is stored and shown of an error is the same when a bundler has renamed the class.
  static override readonly name: string = "RevoError";
  readonly code: RevoErrorCode;

  constructor(code: RevoErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/**
 * A wrong argument. A `TypeError`, so that it reads like Node's own `ERR_*`, with the code and the path of the wrong value
 * (`delay`, `[17].priority`). Nothing was stored.
 */
export class RevoArgumentError extends TypeError {
  static override readonly name: string = "RevoArgumentError";
  readonly code: RevoErrorCode;
  /** Where the wrong value stands; empty for the argument itself. */
  readonly path: string;

  constructor(code: RevoErrorCode, message: string, path = "", options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    this.path = path;
  }
}

/**
 * Thrown by a handler: this attempt cannot succeed by repetition. The job fails at once, whatever its `maxAttempts`.
 */
export class NonRetryableError extends RevoError {
  static override readonly name: string = "NonRetryableError";

  constructor(message: string, options?: ErrorOptions) {
    super("REVO_NON_RETRYABLE", message, options);
  }
}

/** Whether `error` carries the given code, of any Revo class, also from another copy of this package. */
export function hasCode(error: unknown, code: RevoErrorCode): boolean {
  return typeof error === "object" && error !== null && (error as { code?: unknown }).code === code;
}
