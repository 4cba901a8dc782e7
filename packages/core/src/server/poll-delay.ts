/** How this process learns of new jobs. */
export type PushKind = "exact" | "hint" | "none";

/** After an empty claim on a store whose wake may just be missed: look again after these, in milliseconds. */
const REPOLLS_MS = [5, 20, 100, 500];
/** Without push: from here, doubling. */
const FIRST_POLL_MS = 100;
const LONGEST_POLL_MS = 1_000;

/**
 * How long to wait before the next claim after `emptyClaims` (>= 1) claims in a row came back short. Push is a hint, the poll
 * is the truth: there is always a next look. Jittered by up to a fifth, so that servers do not come in step.
 *
 * @param pollMs The setting: the wait where push works, and an upper bound where it does not.
 * @param fraction Chance, in [0, 1).
 */
export function pollDelayMs(
  push: PushKind,
  emptyClaims: number,
  pollMs: number,
  fraction: number,
): number {
  const jitter = 0.8 + 0.4 * fraction;
  if (push === "none") {
    const doubled = FIRST_POLL_MS * 2 ** Math.min(emptyClaims - 1, 10);
    return Math.min(doubled, LONGEST_POLL_MS, pollMs) * jitter;
  }
  const repollMs = push === "hint" ? REPOLLS_MS[emptyClaims - 1] : undefined;
  return (repollMs ?? pollMs) * jitter;
}
