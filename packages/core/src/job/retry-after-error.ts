import { RevoError } from "../errors.ts";
import { parseDuration, type Duration } from "./duration.ts";

/** Thrown by a handler: try again, but not before `delay`. The attempt counts. */
export class RetryAfterError extends RevoError {
  static override readonly name: string = "RetryAfterError";
  /** The delay in milliseconds. */
  readonly delayMs: number;

  /** @throws `REVO_DURATION_INVALID`, `REVO_TIME_OUT_OF_RANGE`: it is no duration, or longer than 100 years. */
  constructor(delay: Duration, message = "Try again later", options?: ErrorOptions) {
    super("REVO_RETRY_AFTER", message, options);
    this.delayMs = parseDuration(delay, "delay");
  }
}
