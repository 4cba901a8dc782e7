import type { FindRequest, JobFilter, JobState } from "@revojs/core";
import { isKeyBefore, type RowKey } from "./cursor.ts";
import type { FinalState } from "./finished-jobs.ts";
import type { JobEntry } from "./job-entry.ts";
import { inOrder } from "./lazy-order.ts";
import type { Store } from "./store.ts";

/** One order in which `find` goes through the jobs, and what a cursor needs to go on. */
export interface RowOrder {
  readonly name: string;
  /** Unique for each job, so that a cursor means one place. */
  readonly keyOf: (entry: JobEntry) => RowKey;
  /** Any key of the right form. */
  readonly exampleKey: RowKey;
  /** Rows that may match `filter`, in order, all behind `after`. */
  readonly rows: (store: Store, filter: JobFilter, after: RowKey | undefined) => Iterable<JobEntry>;
}

/** The order that a request asks for. */
export function orderOf({ order, filter }: Pick<FindRequest, "order" | "filter">): RowOrder {
  if (order === "newest") return NEWEST;
  if (order === "oldest") return OLDEST;
  const [state, ...others] = filter.states ?? [];
  if (state === undefined || others.length > 0) return NEWEST;
  return naturalOrder(state);
}

function naturalOrder(state: JobState): RowOrder {
  switch (state) {
    case "enqueued":
      return AS_CLAIMED;
    case "scheduled":
      return BY_DUE_TIME;
    case "processing":
      return BY_START;
    case "succeeded":
    case "failed":
    case "deleted":
      return LATEST_FINISHED;
    case "awaiting":
    case "throttled":
      return OLDEST;
  }
}

const NEWEST: RowOrder = {
  name: "newest",
  exampleKey: [""],
  keyOf: (entry) => [entry.id],
  rows: (store, filter, after) => {
    const few = inFewPlanes(store, filter);
    if (few === undefined) return store.byId.descending(after?.[0] as string | undefined);
    return sorted(store, few, { keyOf: NEWEST.keyOf, after, descending: true });
  },
};

const OLDEST: RowOrder = {
  name: "oldest",
  exampleKey: [""],
  keyOf: (entry) => [entry.id],
  rows: (store, filter, after) => {
    const few = inFewPlanes(store, filter);
    if (few === undefined) return store.byId.ascending(after?.[0] as string | undefined);
    return sorted(store, few, { keyOf: OLDEST.keyOf, after });
  },
};

/** Queue by queue, as a claim of them all would take them. */
const AS_CLAIMED: RowOrder = {
  name: "enqueued",
  exampleKey: ["", 0, 0],
  keyOf: (entry) => [entry.line.name, entry.priority, entry.sequence],
  rows: asClaimed,
};

const BY_DUE_TIME: RowOrder = {
  name: "scheduled",
  exampleKey: [0, 0],
  keyOf: (entry) => [entry.dueAtMs ?? 0, entry.sequence],
  rows: (store, _filter, after) =>
    sorted(store, store.due.items, { keyOf: BY_DUE_TIME.keyOf, after }),
};

const BY_START: RowOrder = {
  name: "processing",
  exampleKey: [0, ""],
  keyOf: (entry) => [entry.startedAtMs ?? 0, entry.id],
  rows: (store, _filter, after) => sorted(store, held(store), { keyOf: BY_START.keyOf, after }),
};

const LATEST_FINISHED: RowOrder = {
  name: "finished",
  exampleKey: [0],
  keyOf: (entry) => [entry.sequence],
  rows: (store, _filter, after) => store.finished.latestFirst(after?.[0] as number | undefined),
};

function* asClaimed(
  store: Store,
  filter: JobFilter,
  after: RowKey | undefined,
): Generator<JobEntry> {
  const [queue, priority, sequence] = (after ?? ["", 0, 0]) as [string, number, number];
  const names = [...new Set(filter.queues ?? store.queues.keys())].toSorted();
  for (const name of names) {
    if (name < queue) continue;
    for (const [band, jobs] of store.queues.get(name)?.bands.entries() ?? []) {
      const isBandOfCursor = after !== undefined && name === queue && band === priority;
      if (name === queue && band < priority) continue;
      if (jobs !== undefined) yield* jobs.inOrder(isBandOfCursor ? sequence : undefined);
    }
  }
}

function* held(store: Store): Generator<JobEntry> {
  for (const server of store.servers.all()) yield* server.held.forward();
}

/** The rows in the order of their keys. Each of them is looked at again for each page. */
function sorted(store: Store, rows: Iterable<JobEntry>, order: KeyOrder): Iterable<JobEntry> {
  const { keyOf, after, descending = false } = order;
  const isBefore = (one: RowKey, other: RowKey): boolean =>
    descending ? isKeyBefore(other, one) : isKeyBefore(one, other);
  const keyed: { readonly entry: JobEntry; readonly key: RowKey }[] = [];
  for (const entry of rows) {
    store.operations++;
    const key = keyOf(entry);
    if (after === undefined || isBefore(after, key)) keyed.push({ entry, key });
  }
  return entriesOf(inOrder(keyed, (one, other) => isBefore(one.key, other.key)));
}

interface KeyOrder {
  readonly keyOf: RowOrder["keyOf"];
  readonly after: RowKey | undefined;
  readonly descending?: boolean;
}

function* entriesOf(rows: Iterable<{ readonly entry: JobEntry }>): Generator<JobEntry> {
  for (const { entry } of rows) yield entry;
}

/** Below this share of all jobs it is cheaper to sort the jobs of the wanted states than to pass by all the others. */
const FEW = 1 / 8;

/** The jobs of the wanted states when they are few among all jobs. */
function inFewPlanes(store: Store, filter: JobFilter): readonly JobEntry[] | undefined {
  const states = new Set(filter.states);
  if (filter.states === undefined || states.has("awaiting") || states.has("throttled"))
    return undefined;
  if (states.has("enqueued")) return undefined;
  const planes: Iterable<JobEntry>[] = [];
  let count = 0;
  if (states.has("scheduled")) {
    planes.push(store.due.items);
    count += store.due.size;
  }
  if (states.has("processing")) {
    const processing = [...held(store)];
    planes.push(processing);
    count += processing.length;
  }
  const final = FINAL.filter((state) => states.has(state));
  if (final.length > 0) {
    planes.push(store.finished.oldestFirst());
    count += store.finished.size;
  }
  if (count > store.jobs.size * FEW) return undefined;
  return planes.flatMap((plane) => [...plane]).filter((entry) => states.has(entry.state));
}

const FINAL: readonly FinalState[] = ["succeeded", "failed", "deleted"];
