import type { RowKey } from "./cursor.ts";
import { toRecord } from "./records.ts";
import { sourceOf } from "./row-source.ts";
import type { Store } from "./store.ts";

/** Jobs looked at for a suggestion, and by one call. */
const SAMPLE = 2000;
const PART = 500;

/** From a sample of the newest jobs. */
export async function suggest(
  store: Store,
  field: "types" | "tags",
  { prefix, limit }: { readonly prefix: string; readonly limit: number },
): Promise<readonly string[]> {
  const source = sourceOf({ filter: {}, order: "newest" }, store.settings);
  const found = new Set<string>();
  let after: RowKey | undefined;
  for (let looked = 0; looked < SAMPLE; ) {
    const part = await source.read(store, { filter: {}, detail: "summary", limit: PART, after });
    for (const { row } of part.rows) {
      const { type, tags } = toRecord(row, "summary");
      for (const value of field === "types" ? [type] : tags)
        if (value.startsWith(prefix)) found.add(value);
    }
    looked += part.looked;
    after = part.next;
    if (after === undefined) break;
  }
  return [...found].toSorted().slice(0, limit);
}
