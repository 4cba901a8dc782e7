/** What is needed to end a wait before its time. */
export interface ITimer {
  /** The callback will not be called any more. Twice is once. */
  cancel(): void;
}

/**
 * The only source of time in this project. Wall-clock time is for display and for the user's own instants; every measured
 * duration uses `monotonicMs`.
 */
export interface IClock {
  /** Wall-clock time in milliseconds since 1970-01-01T00:00:00Z. May jump. */
  nowMs(): number;
  /** Milliseconds, with fractions, since an arbitrary moment. Never goes back. */
  monotonicMs(): number;
  /**
   * Calls `callback` once, `delayMs` milliseconds (>= 0) from now, never before. A delay longer than 2^31-1 ms is waited for
   * in pieces. The wait does not keep the process alive when `keepAlive` is false.
   */
  schedule(delayMs: number, callback: () => void, keepAlive?: boolean): ITimer;
}

/** Longest delay that `setTimeout` takes; a longer one would fire at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** The clock of the machine. */
export class SystemClock implements IClock {
  nowMs(): number {
    return Date.now();
  }

  monotonicMs(): number {
    return performance.now();
  }

  schedule(delayMs: number, callback: () => void, keepAlive = true): ITimer {
    const dueMs = performance.now() + delayMs;
    let timeout: ReturnType<typeof setTimeout>;
    const arm = (remainingMs: number): void => {
      timeout = setTimeout(
        () => {
          const leftMs = dueMs - performance.now();
          if (leftMs > 0) arm(leftMs);
          else callback();
        },
        Math.min(Math.max(remainingMs, 0), MAX_TIMEOUT_MS),
      );
      if (!keepAlive) timeout.unref();
    };
    arm(delayMs);
    return { cancel: () => clearTimeout(timeout) };
  }
}
