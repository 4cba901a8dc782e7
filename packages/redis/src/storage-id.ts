import { createHash } from "node:crypto";

/** The id of a storage is that of its partitions; once some of them were emptied, it is another one. */
export function combineIds(ids: readonly string[]): string {
  const [first = ""] = ids;
  if (ids.every((id) => id === first)) return first;
  const hex = createHash("sha256").update(ids.join(" ")).digest("hex");
  const variant = ((Number.parseInt(hex.slice(16, 18), 16) & 0x3f) | 0x80).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(18, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}
