import { hasCode, type RevoError } from "../errors.ts";
import type { AttemptResult } from "../job/outcome.ts";
import { encodeResult } from "../job/payload.ts";

/** How the run of a handler came to its end. `given-up`: it had not ended long after its signal fired. */
export type AttemptEnd =
  | { readonly kind: "returned"; readonly value: unknown }
  | { readonly kind: "threw"; readonly error: unknown; readonly by: "core" | "handler" }
  | { readonly kind: "given-up" };

/**
 * What an end means. A handler that returned has done its work, whatever its signal said. One that threw after its signal
 * fired ended for the signal's reason, not for what it threw.
 */
export function resultOf(
  end: AttemptEnd,
  attempt: { readonly abortReason: RevoError | null },
  maxResultBytes: number,
): AttemptResult {
  if (end.kind === "returned") return returned(end.value, maxResultBytes);
  if (attempt.abortReason !== null) return aborted(attempt.abortReason);
  return end.kind === "threw" ? end : { kind: "threw", error: undefined, by: "handler" };
}

const succeededWithNothing: AttemptResult = { kind: "succeeded" };

function returned(value: unknown, maxResultBytes: number): AttemptResult {
  if (value === undefined) return succeededWithNothing;
  try {
    const result = encodeResult(value, { maxBytes: maxResultBytes });
    return result === undefined ? succeededWithNothing : { kind: "succeeded", result };
  } catch (error) {
    return { kind: "threw", error, by: "core" };
  }
}

function aborted(reason: RevoError): AttemptResult {
  if (hasCode(reason, "REVO_TIMEOUT")) return { kind: "timed-out", error: reason };
  if (hasCode(reason, "REVO_JOB_DELETED")) return { kind: "deleted" };
  return {
    kind: "released",
    delayMs: 0,
    refundAttempt: true,
    reason: hasCode(reason, "REVO_SHUTDOWN") ? "shutdown" : "lease-lost",
  };
}
