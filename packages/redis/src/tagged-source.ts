import type { JobFilter } from "@revojs/core";
import { type Reply, type RowSource, toPart } from "./row-part.ts";
import { defineScript } from "./script.ts";
import { READ_TAGGED } from "./scripts/tag-index.ts";

const script = defineScript<Reply>("read-tagged", "reads", READ_TAGGED);

/** Of so many values a look at all jobs costs no more. */
const MOST_VALUES = 50;

/** The indexes that have every job that the filter may match, or `undefined` where a look at all is better. */
export function indexesOf({ tags, types }: JobFilter): readonly string[] | undefined {
  const byTag = tags === undefined ? [] : [...new Set(tags)].map((tag) => `g:${tag}`);
  const byType = types === undefined ? [] : [...new Set(types)].map((type) => `t:${type}`);
  // Tags are the rarer ones, as a rule.
  const keys = byTag.length > 0 ? byTag : byType;
  return keys.length > 0 && keys.length <= MOST_VALUES ? keys : undefined;
}

/** Jobs of some types or with some tags, by id. A cursor of all jobs by id is one of these, and the reverse. */
export function taggedSource(order: "newest" | "oldest", keys: readonly string[]): RowSource {
  return {
    name: order,
    exampleKey: ["", ""],
    read: async (store, { detail, limit, after = ["", ""] }) =>
      toPart(await store.run(script, [detail, limit, order, String(after[1]), ...keys])),
  };
}
