import type { SettleOutcome } from "../job/settle-outcome.ts";

const FIRST_MS = 5_000;
const LONGEST_MS = 5 * 60_000;

/**
 * What becomes of a claimed job whose type this process does not know: it is given back, untouched and unfailed, for a server
 * that does, each time for longer: 5 s × 2^releases, at most 5 min.
 *
 * @param releases Times in a row that it was released before.
 */
export function unknownTypeOutcome(releases: number): SettleOutcome {
  const delayMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(releases, 16));
  return { kind: "release", delayMs, refundAttempt: true, reason: "no-handler" };
}
