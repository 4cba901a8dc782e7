import type { FindRequest, JobState } from "@revojs/core";
import { stateLetters } from "./head.ts";
import type { RedisSettings } from "./options.ts";
import { type Reply, type RowPart, type RowSource, toPart } from "./row-part.ts";
import { defineScript } from "./script.ts";
import { READ_BANDS, READ_LEASES, READ_RANKED } from "./scripts/read-pages.ts";
import { indexesOf, taggedSource } from "./tagged-source.ts";

const rankedScript = defineScript<Reply>("read-ranked", "reads", READ_RANKED);
const leasesScript = defineScript<Reply>("read-leases", "reads", READ_LEASES);
const bandsScript = defineScript<Reply>("read-bands", "reads", READ_BANDS);

/** The order that a request asks for; by id, from the indexes of types and tags where there are such. */
export function sourceOf(
  { order, filter }: Pick<FindRequest, "order" | "filter">,
  { indexTags }: Pick<RedisSettings, "indexTags">,
): RowSource {
  const [state, ...others] = new Set(filter.states);
  if (order === "natural" && state !== undefined && others.length === 0)
    return naturalSource(state);
  const idOrder = order === "natural" ? "newest" : order;
  const indexes = indexTags ? indexesOf(filter) : undefined;
  return indexes === undefined ? BY_ID[idOrder] : taggedSource(idOrder, indexes);
}

function naturalSource(state: JobState): RowSource {
  switch (state) {
    case "enqueued":
      return AS_CLAIMED;
    case "scheduled":
      return ranked("scheduled", "due", "up");
    case "processing":
      return BY_START;
    case "succeeded":
    case "failed":
    case "deleted":
      return ranked(state, `f:${stateLetters[state]}`, "down");
    case "awaiting":
    case "throttled":
      return NONE;
  }
}

/** A sorted set, by score and id. */
function ranked(name: string, key: string, direction: "up" | "down"): RowSource {
  return {
    name,
    exampleKey: ["", ""],
    read: async (store, { detail, limit, after = ["", ""] }) =>
      toPart(await store.run(rankedScript, [detail, limit, key, direction, ...after])),
  };
}

/** All jobs by id. */
function byId(order: "newest" | "oldest"): RowSource {
  return {
    name: order,
    exampleKey: ["", ""],
    read: async (store, { detail, limit, after = ["", ""] }) =>
      toPart(await store.run(rankedScript, [detail, limit, "ids", order, ...after])),
  };
}

const BY_ID = { newest: byId("newest"), oldest: byId("oldest") } as const;

const NOTHING: RowPart = { looked: 0, rows: [], next: undefined };

/** Of the states that need `limits` and `workflows` there are no jobs. */
const NONE: RowSource = { name: "none", exampleKey: [""], read: async () => NOTHING };

/** Over all servers. */
const BY_START: RowSource = {
  name: "processing",
  exampleKey: ["", ""],
  read: async (store, { detail, limit, after = ["", ""] }) =>
    toPart(await store.run(leasesScript, [detail, limit, ...after])),
};

/** Queue by queue, as a claim of them all would take them. */
const AS_CLAIMED: RowSource = {
  name: "enqueued",
  exampleKey: ["", 0, 0],
  read: async (store, { filter, detail, limit, after = ["", 0, 0] }) => {
    if (filter.queues === undefined)
      return toPart(await store.run(bandsScript, [detail, limit, ...after]));
    const names = [...new Set(filter.queues)].filter((name) => name >= String(after[0])).toSorted();
    if (names.length === 0) return NOTHING;
    return toPart(await store.run(bandsScript, [detail, limit, ...after, ...names]));
  },
};
