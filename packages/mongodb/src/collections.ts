import type {
  Collection,
  CollectionOptions,
  Db,
  IndexDescription,
  IndexSpecification,
} from "mongodb";
import type {
  ClockDocument,
  JobDocument,
  LogDocument,
  MetricDocument,
  QueueDocument,
  ServerDocument,
  StorageDocument,
  TurnDocument,
  WakeDocument,
} from "./documents.ts";

/** The collections of one storage. */
export interface Collections {
  readonly jobs: Collection<JobDocument>;
  /** `<prefix>_control` holds documents of several kinds, few and small, all read by their id: one view for each. */
  readonly identity: Collection<StorageDocument>;
  readonly offset: Collection<ClockDocument>;
  readonly servers: Collection<ServerDocument>;
  readonly pauses: Collection<QueueDocument>;
  readonly turns: Collection<TurnDocument>;
  readonly logs: Collection<LogDocument>;
  readonly metrics: Collection<MetricDocument>;
  readonly wakes: Collection<WakeDocument>;
}

/** What the adapter relies on, whatever the user's client is set to. */
const OPTIONS: CollectionOptions = {
  // A secondary lags: a claim must see what was enqueued, a console what was settled.
  readPreference: "primary",
  readConcern: { level: "local" },
  ignoreUndefined: true,
  promoteValues: true,
  promoteLongs: true,
  promoteBuffers: false,
  useBigInt64: false,
  bsonRegExp: false,
  raw: false,
};

/** The collections named `<prefix>_jobs` and so on. */
export function collectionsOf(database: Db, prefix: string): Collections {
  const control = `${prefix}_control`;
  return {
    jobs: database.collection(`${prefix}_jobs`, OPTIONS),
    identity: database.collection(control, OPTIONS),
    offset: database.collection(control, OPTIONS),
    servers: database.collection(control, OPTIONS),
    pauses: database.collection(control, OPTIONS),
    turns: database.collection(control, OPTIONS),
    logs: database.collection(`${prefix}_logs`, OPTIONS),
    metrics: database.collection(`${prefix}_metrics`, OPTIONS),
    wakes: database.collection(`${prefix}_wakes`, OPTIONS),
  };
}

/** Long after `prune` should have removed a job, the server does it: a net, not the way. */
const EXPIRY_NET_SECONDS = 24 * 60 * 60;

/**
 * Indexes of jobs, one for each plane, so that no plane's size slows another. Each begins with `state` although the partial
 * filter says the same: only then the server needs no document to know that a key matches, and prefix compression makes the
 * repeated value nearly free.
 */
export const JOB_INDEXES: readonly (IndexDescription & { readonly name: string })[] = [
  {
    // The claim: a queue's bands in order, each by arrival. Queues and their counts are read from it, too.
    name: "ready",
    key: { state: 1, queue: 1, priority: 1, order: 1 },
    partialFilterExpression: { state: "enqueued" },
  },
  {
    // Promotion, and when to look again. `queue` at its end so that the console counts without reading a document.
    name: "due",
    key: { state: 1, dueAt: 1, order: 1, queue: 1 },
    partialFilterExpression: { state: "scheduled" },
  },
  {
    // The leases of a server: recovery; those of one token: a repeated claim.
    name: "held",
    key: { state: 1, server: 1, token: 1, queue: 1 },
    partialFilterExpression: { state: "processing" },
  },
  {
    // What a heartbeat tells its server to delete, however many jobs it holds.
    name: "deletions",
    key: { state: 1, server: 1, _id: 1 },
    partialFilterExpression: { state: "processing", deletion: { $exists: true } },
  },
  {
    // At most one holder for each unique key: freed in the same write that ends its scope.
    name: "keys",
    key: { "keys.v": 1 },
    unique: true,
    partialFilterExpression: { "keys.v": { $exists: true } },
  },
  {
    // Pages of finished jobs, latest first.
    name: "finished",
    key: { state: 1, finishedAt: -1, _id: -1 },
    partialFilterExpression: { finishedAt: { $exists: true } },
  },
  {
    // Prune, and the server's own expiry as a safety net under it.
    name: "expiry",
    key: { expiresAt: 1 },
    partialFilterExpression: { expiresAt: { $exists: true } },
    expireAfterSeconds: EXPIRY_NET_SECONDS,
  },
  {
    // Jobs that nobody claimed in time.
    name: "discards",
    key: { discardAt: 1 },
    partialFilterExpression: { discardAt: { $exists: true } },
  },
];

/**
 * Writes that name ids go by them. Their further conditions would make an index of a plane a candidate, too, and whatever the
 * planner then remembers is wrong on another day.
 */
export const BY_ID: IndexSpecification = { _id: 1 };

/** Indexes of log lines. */
export const LOG_INDEXES: readonly (IndexDescription & { readonly name: string })[] = [
  {
    // A page of one job's log, and its removal with the job.
    name: "log",
    key: { job: 1, first: 1 },
  },
];

/** Indexes of the control collection. */
export const CONTROL_INDEXES: readonly (IndexDescription & { readonly name: string })[] = [
  {
    // Whom an enqueue may wake: asked with each of them, so it must not read the servers that are not hungry.
    name: "hungry",
    key: { hungry: 1 },
    partialFilterExpression: { hungry: { $exists: true } },
  },
];
