import { hasCode } from "../errors.ts";

/** Whether the storage is absent altogether, so that nothing about this request was at fault, and nothing was done. */
export function isAbsence(error: unknown): boolean {
  return (
    hasCode(error, "REVO_STORAGE_UNAVAILABLE") ||
    hasCode(error, "REVO_STORAGE_TIMEOUT") ||
    hasCode(error, "REVO_STORAGE_READ_ONLY") ||
    hasCode(error, "REVO_STORAGE_FULL")
  );
}
