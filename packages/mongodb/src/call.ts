import { type IClock, RevoError } from "@revojs/core";
import { diagnose, isOurs, toRevoError } from "./errors.ts";
import type { Link } from "./link.ts";

const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 400;

/** What a call needs in order to end in time, whatever the server does. */
export interface CallParts {
  readonly clock: IClock;
  readonly timeoutMs: number;
  readonly link: Link;
}

/** How far one call has come. The operations tell it what they do, and learn from it whether they do it again. */
export class CallProgress {
  #hasWritten = false;
  #again = false;
  #isAbandoned = false;
  #nowMs: number | undefined;

  /** The time of the first try, so that a later one writes what that one wrote. */
  async nowMs(clock: { nowMs(): Promise<number> }): Promise<number> {
    this.#nowMs ??= await clock.nowMs();
    return this.#nowMs;
  }

  /** Say it before each command that may change something. */
  writing(): void {
    this.#hasWritten = true;
  }

  get hasWritten(): boolean {
    return this.#hasWritten;
  }

  /** An earlier try of this same call may have been carried out, in whole or in part. */
  get again(): boolean {
    return this.#again;
  }

  /** Nobody waits for the answer any more: the call is late. */
  get isAbandoned(): boolean {
    return this.#isAbandoned;
  }

  abandon(): void {
    this.#isAbandoned = true;
  }

  /** From here on all is done again. */
  repeat(): void {
    this.#again ||= this.#hasWritten;
  }
}

/**
 * Runs one call of the contract. Whatever passes by itself (a primary steps down, a connection breaks, two writes collide) is
 * ridden out by doing the call again, which `act` must bear. What does not pass in time ends with one of our errors.
 */
export async function runCall<T>(
  parts: CallParts,
  act: (progress: CallProgress) => Promise<T>,
): Promise<T> {
  const progress = new CallProgress();
  const started = { deadlineMs: parts.clock.monotonicMs() + parts.timeoutMs, progress };
  const seen = { networkErrors: parts.link.networkErrors, isWritable: parts.link.isWritable };
  return withDeadline(parts, repeatUntil(parts, started, act), () => {
    progress.abandon();
    return timeout(parts, seen, progress);
  });
}

interface Started {
  readonly deadlineMs: number;
  readonly progress: CallProgress;
}

async function repeatUntil<T>(
  { clock, link }: CallParts,
  { deadlineMs, progress }: Started,
  act: (progress: CallProgress) => Promise<T>,
): Promise<T> {
  let mayHaveDone = false;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const { networkErrors } = link;
    try {
      return await act(progress);
    } catch (error) {
      if (isOurs(error)) throw error;
      const { nothingDone, passing } = diagnose(error, progress.hasWritten);
      mayHaveDone ||= progress.hasWritten && (!nothingDone || link.networkErrors !== networkErrors);
      const isLate = progress.isAbandoned || clock.monotonicMs() + pauseMs >= deadlineMs;
      if (!passing || isLate) throw finalError(error, progress, mayHaveDone);
      progress.repeat();
      await pause(clock, pauseMs);
    }
  }
}

/** The last try may have done nothing, but one before it something. */
function finalError(error: unknown, progress: CallProgress, mayHaveDone: boolean): RevoError {
  const final = toRevoError(error, progress.hasWritten);
  const claimsNothing =
    final.code === "REVO_STORAGE_UNAVAILABLE" || final.code === "REVO_STORAGE_TIMEOUT";
  return mayHaveDone && claimsNothing ? unknownOutcome(error) : final;
}

function timeout(
  { link, timeoutMs }: CallParts,
  seen: { readonly networkErrors: number; readonly isWritable: boolean | undefined },
  progress: CallProgress,
): RevoError {
  // No server was there at its begin, none is there now, and no connection broke meanwhile: it never left.
  const neverLeft =
    link.isWritable === false &&
    seen.isWritable === false &&
    link.networkErrors === seen.networkErrors;
  if (link.isWritable === false && (neverLeft || !progress.hasWritten))
    return new RevoError(
      "REVO_STORAGE_UNAVAILABLE",
      `MongoDB has no primary; nothing was done within ${timeoutMs} ms`,
    );
  if (progress.hasWritten) return unknownOutcome(undefined);
  return new RevoError(
    "REVO_STORAGE_TIMEOUT",
    `MongoDB did not answer within ${timeoutMs} ms; nothing was done`,
  );
}

function unknownOutcome(cause: unknown): RevoError {
  const message = "MongoDB did not confirm what it was sent: it may have been done or not";
  return new RevoError(
    "REVO_STORAGE_OUTCOME_UNKNOWN",
    message,
    cause === undefined ? undefined : { cause },
  );
}

/** Has the work answer in time: a transaction that is late is given up by its caller, and nothing of it remains. */
export function inTime<T>(parts: CallParts, work: Promise<T>): Promise<T> {
  return withDeadline(
    parts,
    work,
    () =>
      new RevoError(
        "REVO_STORAGE_TIMEOUT",
        `MongoDB did not answer within ${parts.timeoutMs} ms: roll the transaction back`,
      ),
  );
}

function withDeadline<T>(
  { clock, timeoutMs }: CallParts,
  work: Promise<T>,
  toError: () => RevoError,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = clock.schedule(timeoutMs, () => reject(toError()), false);
    work
      .then(resolve, reject)
      .finally(() => timer.cancel())
      // Both ways out were taken above.
      .catch(() => {});
  });
}

function pause(clock: IClock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.schedule(ms, resolve);
  });
}
