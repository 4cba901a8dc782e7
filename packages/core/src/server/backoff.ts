/** First and longest delay before a failed step is tried again, in milliseconds. */
const FIRST_MS = 100;
const LONGEST_MS = 5_000;

/**
 * Delay before the next try of something that must go on for ever: full jitter over an exponential that starts at 100 ms and
 * stops growing at 5 s, so that many servers do not come back in step. Never below 10 ms.
 *
 * @param failures Failures in a row, >= 1.
 * @param fraction Chance, in [0, 1).
 * @see Brooker, "Exponential Backoff And Jitter" (2015): the "full jitter" variant.
 */
export function reconnectDelayMs(failures: number, fraction: number): number {
  const capMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 10));
  return Math.max(10, Math.round(capMs * fraction));
}
