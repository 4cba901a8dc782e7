import type { FindRequest, JobFilter, JobState } from "@revojs/core";
import { type Document, type Filter, type FindOptions, MinKey, Timestamp } from "mongodb";
import type { RowKey } from "./cursor.ts";
import type { JobDocument } from "./documents.ts";
import { toJobId, toStoredId } from "./ids.ts";
import { among } from "./job-filter.ts";
import { ANY_TIME } from "./times.ts";

/** One order in which `find` goes through the jobs: the index it follows, and how a cursor goes on. */
export interface RowOrder {
  readonly name: string;
  /** Unique for each job, so that a cursor means one place. */
  readonly keyOf: (job: JobDocument) => RowKey;
  /** Any key of the right form. */
  readonly exampleKey: RowKey;
  /** The rows that may match, in order, from the one of key `after` on, which may itself be among them. */
  readonly rows: (filter: JobFilter, after: RowKey | undefined) => RowQuery;
  /** By id: upwards or downwards. */
  readonly direction?: 1 | -1;
}

/** What is asked of the collection. */
export interface RowQuery {
  readonly query: Filter<JobDocument>;
  readonly options: FindOptions;
}

/** The order that a request asks for. */
export function orderOf({ order, filter }: Pick<FindRequest, "order" | "filter">): RowOrder {
  if (order === "newest") return NEWEST;
  if (order === "oldest") return OLDEST;
  const [state, ...others] = new Set(filter.states);
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
      return latestFinished(state);
    case "awaiting":
    case "throttled":
      return OLDEST;
  }
}

const NEWEST: RowOrder = byId("newest", -1);
const OLDEST: RowOrder = byId("oldest", 1);

function byId(name: string, direction: 1 | -1): RowOrder {
  return {
    name,
    direction,
    exampleKey: [""],
    keyOf: ({ _id }) => [toJobId(_id)],
    rows: (_filter, after) => {
      const id = after === undefined ? undefined : toStoredId(String(after[0]));
      const beyond = direction === 1 ? { $gt: id } : { $lt: id };
      return {
        query: (id === undefined ? {} : { _id: beyond }) as Filter<JobDocument>,
        options: { sort: { _id: direction }, hint: { _id: 1 } },
      };
    },
  };
}

/** Queue by queue, as a claim of them all would take them. */
const AS_CLAIMED: RowOrder = {
  name: "enqueued",
  exampleKey: ["", 0, 0, 0],
  keyOf: ({ queue, priority, order }) => [queue, priority, order.t, order.i],
  rows: ({ queues }, after) => {
    const place = after as readonly [string, number, number, number] | undefined;
    return {
      query: { state: "enqueued", ...(queues !== undefined && { queue: among(queues) }) },
      options: {
        sort: { state: 1, queue: 1, priority: 1, order: 1 },
        hint: "ready",
        ...(place !== undefined && {
          min: {
            state: "enqueued",
            queue: place[0],
            priority: place[1],
            order: toTimestamp(place[2], place[3]),
          },
        }),
      },
    };
  },
};

const BY_DUE_TIME: RowOrder = {
  name: "scheduled",
  exampleKey: [0, 0, 0],
  keyOf: ({ dueAt, order }) => [dueAt?.getTime() ?? 0, order.t, order.i],
  rows: (_filter, after) => {
    const place = after as readonly [number, number, number] | undefined;
    return {
      query: { state: "scheduled" },
      options: {
        sort: { state: 1, dueAt: 1, order: 1 },
        hint: "due",
        ...(place !== undefined && {
          min: {
            state: "scheduled",
            dueAt: new Date(place[0]),
            order: toTimestamp(place[1], place[2]),
            queue: new MinKey(),
          },
        }),
      },
    };
  },
};

/** The processing jobs are as many as there are slots: sorting them costs less than an index that every claim has to write. */
const BY_START: RowOrder = {
  name: "processing",
  exampleKey: [0, ""],
  keyOf: ({ startedAt, _id }) => [startedAt?.getTime() ?? 0, toJobId(_id)],
  rows: (_filter, after) => {
    const place = after as readonly [number, string] | undefined;
    return {
      query: {
        state: "processing",
        ...(place !== undefined && beyondStart(place)),
      },
      options: { sort: { startedAt: 1, _id: 1 }, hint: "held" },
    };
  },
};

function beyondStart([startedMs, id]: readonly [number, string]): Document {
  const startedAt = new Date(startedMs);
  return { $or: [{ startedAt: { $gt: startedAt } }, { startedAt, _id: { $gt: toStoredId(id) } }] };
}

function latestFinished(state: "succeeded" | "failed" | "deleted"): RowOrder {
  return {
    name: state,
    exampleKey: [0, ""],
    keyOf: ({ finishedAt, _id }) => [finishedAt?.getTime() ?? 0, toJobId(_id)],
    rows: (_filter, after) => {
      const place = after as readonly [number, string] | undefined;
      return {
        query: { state, finishedAt: ANY_TIME },
        options: {
          sort: { state: 1, finishedAt: -1, _id: -1 },
          hint: "finished",
          ...(place !== undefined && {
            min: { state, finishedAt: new Date(place[0]), _id: toStoredId(place[1]) },
          }),
        },
      };
    },
  };
}

/** A forged cursor must not reach the driver as a number that it refuses. */
function toTimestamp(t: number, i: number): Timestamp {
  return new Timestamp({ t: toUint32(t), i: toUint32(i) });
}

function toUint32(value: number): number {
  return Math.min(Math.max(value, 0), 0xffff_ffff);
}
