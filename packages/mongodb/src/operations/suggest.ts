import type { Store } from "../store.ts";

/** Newest jobs looked at for a suggestion. */
const SAMPLE = 10_000;

/** Values that begin with `prefix`, from a sample of the newest jobs. */
export async function suggest(
  store: Store,
  field: "types" | "tags",
  { prefix, limit }: { readonly prefix: string; readonly limit: number },
): Promise<readonly string[]> {
  const path = field === "types" ? "type" : "tags";
  const rows = await store.jobs
    .aggregate([
      { $sort: { _id: -1 } },
      { $limit: SAMPLE },
      { $match: { state: { $ne: "dropped" } } },
      { $project: { [path]: 1 } },
      ...(field === "tags" ? [{ $unwind: "$tags" }] : []),
      { $group: { _id: `$${path}` } },
    ])
    .toArray();
  return rows
    .map(({ _id }) => String(_id))
    .filter((value) => value.startsWith(prefix))
    .toSorted()
    .slice(0, limit);
}
