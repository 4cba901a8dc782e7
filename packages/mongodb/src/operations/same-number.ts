import type { Long } from "mongodb";

/** Whether a stored number is the wanted one, in decimal. The driver gives those that fit as JavaScript's own. */
export function isSame(stored: Long | number | undefined, wanted: string): boolean {
  if (stored === undefined) return false;
  return (typeof stored === "number" ? String(stored) : stored.toString()) === wanted;
}
