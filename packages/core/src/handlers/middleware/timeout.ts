import { RevoError } from "../../errors.ts";
import { parseDuration, type Duration } from "../../job/duration.ts";
import { assertKnownKeys, ownOptions } from "../../job/option-keys.ts";
import { SystemClock, type IClock } from "../../support/clock.ts";
import type { AbortableExecution } from "../abort-execution.ts";
import type { ExecutionContext, Middleware } from "../middleware.ts";

/** How long a handler may go on after its signal fired for a time-out, in milliseconds. */
const DEFAULT_KILL_GRACE_MS = 5_000;

/**
 * Limits the run of what is inside: after `limit` the signal fires with `REVO_TIMEOUT`; a handler that has not ended within
 * `killGrace` after that is given up: its late result counts for nothing.
 * @throws `REVO_DURATION_INVALID`, `REVO_TIME_OUT_OF_RANGE`, `REVO_OPTION_UNKNOWN`.
 */
export function timeout(
  limit: Duration,
  options: { readonly killGrace?: Duration; readonly clock?: IClock } = {},
): Middleware {
  const limitMs = parseDuration(limit, "limit", { minMs: 1 });
  assertKnownKeys(options, ["killGrace", "clock"], "");
  const { killGrace, clock = new SystemClock() } = ownOptions(options);
  const killGraceMs =
    killGrace === undefined ? DEFAULT_KILL_GRACE_MS : parseDuration(killGrace, "killGrace");
  return (context, next) =>
    withTimeout({ context, limitMs, killGraceMs, clock, keepAlive: true, next });
}

/** @internal */
export interface TimeoutRun {
  readonly context: ExecutionContext;
  readonly limitMs: number;
  readonly killGraceMs: number;
  readonly clock: IClock;
  /** Whether the process stays alive until the limit is reached. A job server keeps it alive by itself. */
  readonly keepAlive: boolean;
  readonly next: () => Promise<unknown>;
}

/** @internal What `timeout` does, for limits known only when the job is there. */
export function withTimeout(run: TimeoutRun): Promise<unknown> {
  const { context, limitMs, killGraceMs, clock, keepAlive, next } = run;
  return new Promise((resolve, reject) => {
    const reason = new RevoError(
      "REVO_TIMEOUT",
      `${context.kind === "job" ? "Job" : "Command"} "${context.type}" ran longer than its timeout of ${limitMs} ms`,
    );
    const execution = context as ExecutionContext & AbortableExecution;
    const giveUp = (): void => {
      execution["~stuck"]?.();
      reject(reason);
    };
    const abort = (): void => {
      timer = clock.schedule(killGraceMs, giveUp, keepAlive);
      execution["~abort"](reason);
    };
    let timer = clock.schedule(limitMs, abort, keepAlive);
    next().then(
      (value) => {
        timer.cancel();
        resolve(value);
      },
      (error: unknown) => {
        timer.cancel();
        reject(error);
      },
    );
  });
}
