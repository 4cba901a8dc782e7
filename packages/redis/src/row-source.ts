import type { FindRequest, JobFilter, JobState } from "@revojs/core";
import type { RowKey } from "./cursor.ts";
import { stateLetters } from "./head.ts";
import type { JobRow } from "./records.ts";
import { defineScript } from "./script.ts";
import { READ_BANDS, READ_LEASES, READ_RANKED } from "./scripts/read-pages.ts";
import type { Store } from "./store.ts";

type Detail = FindRequest["detail"];
/** How many entries were looked at, where to go on (nothing: the end), the place behind each row, and the rows. */
type Reply = readonly [
  looked: number,
  goOn: RowKey,
  places: readonly RowKey[],
  rows: readonly (JobRow | null)[],
];

const rankedScript = defineScript<Reply>("read-ranked", "reads", READ_RANKED);
const leasesScript = defineScript<Reply>("read-leases", "reads", READ_LEASES);
const bandsScript = defineScript<Reply>("read-bands", "reads", READ_BANDS);

/** Some rows of an index. */
export interface RowPart {
  /** Entries looked at; some say nothing any more. */
  readonly looked: number;
  readonly rows: readonly { readonly row: JobRow; readonly key: RowKey }[];
  /** Where to go on; `undefined`: this was the last. */
  readonly next: RowKey | undefined;
}

/** One order in which `find` goes through the jobs, and what a cursor needs to go on. */
export interface RowSource {
  readonly name: string;
  /** Any key of the right form. */
  readonly exampleKey: RowKey;
  read(store: Store, request: RowRequest): Promise<RowPart>;
}

export interface RowRequest {
  readonly filter: JobFilter;
  readonly detail: Detail;
  /** Most entries to look at. */
  readonly limit: number;
  readonly after: RowKey | undefined;
}

/** The order that a request asks for. */
export function sourceOf({ order, filter }: Pick<FindRequest, "order" | "filter">): RowSource {
  if (order !== "natural") return BY_ID[order];
  const [state, ...others] = new Set(filter.states);
  if (state === undefined || others.length > 0) return BY_ID.newest;
  return naturalSource(state);
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

function toPart([looked, goOn, places, rows]: Reply): RowPart {
  return {
    looked,
    rows: rows.flatMap((row, index) => (row === null ? [] : [{ row, key: places[index] ?? [] }])),
    next: goOn.length === 0 ? undefined : goOn,
  };
}
